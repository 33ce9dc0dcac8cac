import type { Clock } from '@ddmq/common/clock'

/** A sleep that somebody else may end; a wake-up that comes before the sleep ends it at once. */
export class WakeUp {
  #isDue = false
  #wake: (() => void) | undefined

  now(): void {
    this.#isDue = true
    this.#wake?.()
  }

  async sleep(clock: Clock, ms: number): Promise<void> {
    if (!this.#isDue) {
      const woken = Promise.withResolvers<void>()
      this.#wake = woken.resolve
      const cancel = clock.schedule(ms, woken.resolve)
      await woken.promise
      cancel()
      this.#wake = undefined
    }
    this.#isDue = false
  }
}
