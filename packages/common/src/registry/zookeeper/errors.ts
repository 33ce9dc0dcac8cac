/** What a server answered to one request, other than success. Does not leave the adapter. */
export class ZooKeeperCodeError extends Error {
  readonly rc: number

  constructor(rc: number, message: string) {
    super(message)
    this.rc = rc
  }
}

/** The session ended before the answer came: a request may have taken effect or not. Does not leave the adapter. */
export class SessionLostError extends Error {}

/** Result codes that something here decides by. */
export const RC = {
  ok: 0,
  badArguments: -8,
  noNode: -101,
  noAuth: -102,
  badVersion: -103,
  nodeExists: -110,
  sessionExpired: -112,
  sessionMoved: -118,
} as const

/** Whether a request failed with one of these codes. */
export function hasCode(thrown: unknown, ...codes: readonly number[]): boolean {
  return thrown instanceof ZooKeeperCodeError && codes.includes(thrown.rc)
}
