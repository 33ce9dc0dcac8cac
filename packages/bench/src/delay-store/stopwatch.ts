/** Adds up the time that pieces of work take by the clock. */
export class Stopwatch {
  #count = 0
  #elapsedMs = 0

  /** Answers how long it took, in milliseconds; `count` is how many things were done. */
  async time(count: number, work: () => Promise<unknown>): Promise<number> {
    const startMs = performance.now()
    await work()
    const elapsedMs = performance.now() - startMs
    this.#count += count
    this.#elapsedMs += elapsedMs
    return elapsedMs
  }

  get perSecond(): number {
    return (this.#count / this.#elapsedMs) * 1000
  }
}
