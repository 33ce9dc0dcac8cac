/** How much of the speed of the last time is counted on. */
const SHARE = 0.7
/** A run of fewer messages says little about the speed. */
const TELLING = 2000

/** What a run tells about its own preparation. */
interface Prepared {
  /** Whether everything was there before it was due. */
  readonly isInTime: boolean
  readonly preparedPerSecond: number
}

/**
 * How long before they are due messages have to be handed over, learnt from run to run. What was late says nothing about firing
 * and is done again, but only so many times in all: repeating must not multiply the time of a scenario.
 */
export class LeadTime {
  readonly #marginMs: number
  #perSecond: number
  #repeatsLeft: number

  constructor({ marginMs, perSecond, repeats }: LeadTimeOptions) {
    this.#marginMs = marginMs
    this.#perSecond = perSecond
    this.#repeatsLeft = repeats
  }

  async run<Result>(
    count: number,
    work: (leadMs: number) => Promise<Result>,
    toldBy: (result: Result) => Prepared,
  ): Promise<Result> {
    for (;;) {
      const result = await work(this.#marginMs + (count / this.#perSecond) * 1000)
      const { isInTime, preparedPerSecond } = toldBy(result)
      if (count >= TELLING) this.#perSecond = preparedPerSecond * SHARE
      if (isInTime) return result
      if (this.#repeatsLeft === 0) throw new Error(`${count} messages are not accepted in time`)
      this.#repeatsLeft--
    }
  }
}

export interface LeadTimeOptions {
  /** Beside the time of handing over. */
  readonly marginMs: number
  /** First guess of how fast messages are handed over. */
  readonly perSecond: number
  /** How many runs may be done again, all together. */
  readonly repeats: number
}
