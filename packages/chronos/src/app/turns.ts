/** Fewer take less than half a millisecond. */
const HEAVY_RECORDS = 50

/**
 * Heavy work of one process, a piece per turn of the event loop: the shards of a process are often at the same step at the same
 * time, and what else it does, a heartbeat or a request, should wait for one of them and not for all. What is done in pieces
 * (`Slices`) takes a turn for the first only.
 */
export class Turns {
  readonly #waiting: (() => void)[] = []

  /**
   * Resolves when it is the caller's turn: in the order of the calls, after what was ready before. Work on a few records has it at
   * once.
   */
  next(records: number): Promise<void> {
    if (records < HEAVY_RECORDS) return Promise.resolve()
    return new Promise(resolve => {
      this.#waiting.push(resolve)
      if (this.#waiting.length === 1) setImmediate(this.#run)
    })
  }

  readonly #run = (): void => {
    this.#waiting.shift()?.()
    if (this.#waiting.length > 0) setImmediate(this.#run)
  }
}
