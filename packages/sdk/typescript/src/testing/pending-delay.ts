/** A delayed message that waits in the in-memory broker. */
export interface PendingDelay {
  readonly topic: string
  /** The id of its next round: what `sendDelay` answered, while that is the first. */
  readonly delayId: string
  readonly dueMs: number
  readonly body: Uint8Array
}
