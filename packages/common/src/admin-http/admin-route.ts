export interface AdminResponse {
  readonly status: number
  /** Text is sent as it is, anything else as JSON. */
  readonly body: unknown
  readonly contentType?: string
}

/** An additional path of a service's admin port. */
export interface AdminRoute {
  readonly method: 'GET' | 'POST'
  /** Compared as a whole, without the query. */
  readonly path: string
  handle(query: URLSearchParams): AdminResponse | Promise<AdminResponse>
}
