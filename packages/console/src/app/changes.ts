/**
 * One change of the metadata at a time: its checks, its rows and its documents are not interleaved with another's, so
 * two callers who change the same group both succeed, one after the other (console.md §6.2).
 */
export class Changes {
  #last: Promise<unknown> = Promise.resolve()

  run<Result>(change: () => Promise<Result>): Promise<Result> {
    const result = this.#last.then(change, change)
    this.#last = result.catch(() => undefined)
    return result
  }
}
