/** What servers log as the client's version. */
export const VERSION = 'ts_sdk_0.1'
