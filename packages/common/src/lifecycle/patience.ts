/** Gives up some time after a signal asked to end: whoever obeys the signal gets that long to finish. */
export class Patience implements Disposable {
  readonly #signal: AbortSignal
  readonly #ms: number
  readonly #givenUp = new AbortController()
  readonly #begin = (): void => {
    this.#timer = setTimeout(() => this.#givenUp.abort(this.#signal.reason), this.#ms)
  }
  #timer: NodeJS.Timeout | undefined

  constructor(signal: AbortSignal, ms: number) {
    this.#signal = signal
    this.#ms = ms
    if (signal.aborted) this.#begin()
    else signal.addEventListener('abort', this.#begin, { once: true })
  }

  /** Aborts, with the reason of the first signal, when patience is at its end. */
  get signal(): AbortSignal {
    return this.#givenUp.signal
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
    this.#signal.removeEventListener('abort', this.#begin)
  }
}
