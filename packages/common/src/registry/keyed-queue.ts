/** Runs jobs of one key one after the other, jobs of different keys side by side. A failed job does not stop the next. */
export class KeyedQueue {
  readonly #tails = new Map<string, Promise<unknown>>()

  run<Result>(key: string, job: () => Promise<Result>): Promise<Result> {
    const before = this.#tails.get(key) ?? Promise.resolve()
    const result = before.then(job)
    // The outcome belongs to the caller; the queue only needs to know when it is over.
    const tail: Promise<void> = result.catch(() => undefined).then(() => this.#forget(key, tail))
    this.#tails.set(key, tail)
    return result
  }

  /** Resolves when every job queued so far is over. */
  async idle(): Promise<void> {
    await Promise.all(this.#tails.values())
  }

  #forget(key: string, tail: Promise<unknown>): void {
    if (this.#tails.get(key) === tail) this.#tails.delete(key)
  }
}
