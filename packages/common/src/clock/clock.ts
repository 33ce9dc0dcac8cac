/** Time as the code sees it. Decisions take a Clock so that tests drive it. All values are milliseconds. */
export interface Clock {
  /** Wall clock, since the epoch. May step. */
  nowMs(): number
  /** Never steps; its origin means nothing. For durations and deadlines. */
  monotonicMs(): number
  /** Resolves after `ms`; rejects with the signal's reason when that aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** Calls back once after `ms`; the returned function cancels. Does not keep the process alive. */
  schedule(ms: number, callback: () => void): () => void
}
