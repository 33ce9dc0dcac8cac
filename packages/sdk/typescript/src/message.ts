/** One message to publish. Texts are sent as UTF-8. */
export interface Message {
  readonly topic: string
  /** At least one byte. Bytes are not copied: leave them unchanged until the send is answered. */
  readonly body: Uint8Array | string
  /** At most 255 UTF-16 units, no control characters. Sixteen random alphanumerics when absent; the same for all retries. */
  readonly key?: string
  /** Together at most 255 UTF-16 units, joined by `||`, which none may contain. */
  readonly tags?: string | readonly string[]
  /** Messages with equal ids keep their order. A text is hashed (64-bit FNV-1a); a number must be a safe integer. */
  readonly hashId?: bigint | number | string
  /** An explicit partition, which wins over `hashId`. */
  readonly partition?: number
  /** Delivered with the message. Neither names nor values may be blank. */
  readonly properties?: Readonly<Record<string, string>>
  /** HTTP headers for groups that receive by HTTP push. */
  readonly headers?: Readonly<Record<string, string>>
  readonly traceId?: string
  readonly spanId?: string
  /** Marks load-test traffic. */
  readonly pressure?: boolean
}
