/**
 * The only error class of this package. It is thrown for programming and configuration errors, for a consumer that cannot
 * be reached by `stats`, and by `toResultOrThrow`. `code` is the numeric code every DDMQ client shares (sdk.md §19.2).
 */
export class DdmqClientError extends Error {
  readonly code: number

  constructor(code: number, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'DdmqClientError'
    this.code = code
  }
}
