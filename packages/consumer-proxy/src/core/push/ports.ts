/** Where a request goes. */
export interface PushTarget {
  /** Scheme, host and port: the unit of connections and of the breaker. */
  readonly origin: string
  /** Path with query, as configured. */
  readonly path: string
  /** The target came with a message, not from an operator: the client refuses it unless its addresses are public. */
  readonly publicOnly: boolean
}

export interface PushRequest {
  readonly target: PushTarget
  readonly method: 'GET' | 'POST'
  /** Names and values in turn. */
  readonly headers: readonly string[]
  readonly body: string
  /** From the call until the last byte of the response. */
  readonly timeoutMs: number
}

export type PushReply =
  | {
      readonly kind: 'response'
      readonly status: number
      /** At most the client's limit; `truncated` when there was more. */
      readonly body: string
      readonly truncated: boolean
    }
  /** No complete response: refused, reset, timed out. The receiver may have processed the request. */
  | { readonly kind: 'failed'; readonly message: string }
  /** Never sent, and never will be: a `publicOnly` target that is not public. */
  | { readonly kind: 'refused'; readonly message: string }

export interface PushCall {
  /** Gives the request up and frees its connection; `onReply` is not called any more. */
  cancel(): void
}

/** Sends each request once, over kept-alive connections; never follows a redirect and never sends a request again. */
export interface HttpPushClient {
  /**
   * Calls `onReply` once, some time after it has returned, with how many milliseconds it took until the response was complete
   * or had failed; whatever happens. The calls for responses that came together come together too.
   */
  send(request: PushRequest, onReply: (reply: PushReply, ms: number) => void): PushCall
}
