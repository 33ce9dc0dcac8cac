/** Adds up the time that pieces of work take, by the clock and of the CPU. */
export class Stopwatch {
  #count = 0
  #elapsedMs = 0
  #cpuMicroseconds = 0

  /** Answers how long it took, in milliseconds; `count` is how many things were done. */
  async time(count: number, work: () => Promise<unknown>): Promise<number> {
    const cpuBefore = process.cpuUsage()
    const startMs = performance.now()
    await work()
    const elapsedMs = performance.now() - startMs
    const { user, system } = process.cpuUsage(cpuBefore)
    this.#count += count
    this.#elapsedMs += elapsedMs
    this.#cpuMicroseconds += user + system
    return elapsedMs
  }

  get perSecond(): number {
    return (this.#count / this.#elapsedMs) * 1000
  }

  /** Per thing done. */
  get cpuMicroseconds(): number {
    return this.#cpuMicroseconds / this.#count
  }
}
