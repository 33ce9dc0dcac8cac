/** Lets one piece of work through at a time, in the order they came. */
export class Gate {
  #last: Promise<unknown> = Promise.resolve()

  run<Value>(work: () => Promise<Value>): Promise<Value> {
    const result = this.#last.then(work)
    this.#last = result.catch(() => undefined) // Told to the caller; the next one does not care.
    return result
  }

  /** Waits for its turn; the next one waits until the returned function is called. */
  async enter(): Promise<() => void> {
    const { promise: left, resolve: leave } = Promise.withResolvers<void>()
    const entered = Promise.withResolvers<void>()
    void this.run(() => {
      entered.resolve()
      return left
    })
    await entered.promise
    return leave
  }
}
