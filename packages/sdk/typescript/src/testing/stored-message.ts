/** A message as the in-memory broker stored it. */
export interface StoredMessage {
  readonly topic: string
  readonly qid: string
  readonly offset: number
  readonly key: string
  readonly body: Uint8Array
  readonly tags: string | undefined
  /** All of them: also those made of `headers`, `traceId`, `spanId` and `pressure`. */
  readonly properties: Readonly<Record<string, string>>
}
