import type { Clock } from '@ddmq/common/clock'

/** Calls back when nobody touched it for a time; after each call it rests until the next touch. */
export class IdleWatch {
  readonly #clock: Clock
  readonly #idleMs: number
  readonly #onIdle: () => void
  #touchedMs = 0
  #cancel: (() => void) | undefined
  #stopped = false

  constructor(clock: Clock, idleMs: number, onIdle: () => void) {
    this.#clock = clock
    this.#idleMs = idleMs
    this.#onIdle = onIdle
  }

  get isIdle(): boolean {
    return this.#clock.monotonicMs() - this.#touchedMs >= this.#idleMs
  }

  /** Cheap: one timer runs at a time, whatever the number of touches. */
  touch(): void {
    this.#touchedMs = this.#clock.monotonicMs()
    if (this.#cancel === undefined && !this.#stopped) this.#arm()
  }

  stop(): void {
    this.#stopped = true
    this.#cancel?.()
    this.#cancel = undefined
  }

  #arm(): void {
    const leftMs = this.#touchedMs + this.#idleMs - this.#clock.monotonicMs()
    this.#cancel = this.#clock.schedule(Math.max(0, leftMs), () => {
      this.#cancel = undefined
      if (this.isIdle) this.#onIdle()
      else this.#arm()
    })
  }
}
