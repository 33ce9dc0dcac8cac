import type { Clock } from '@ddmq/common/clock'

/** How often the boot-time clock is looked at: reading it is a system call or a file. */
const LOOK_EVERY_MS = 1_000
/** Above the 10 ms of Linux. Where the boot-time clock has whole seconds only, this time may be ahead by up to one. */
const TOLERANCE_MS = 100

export interface SteadyTimeOptions {
  readonly clock: Pick<Clock, 'monotonicMs'>
  /** Time since the machine was started, suspend included: `os.uptime()` in milliseconds. */
  readonly bootMs: () => number
}

/**
 * Time that never steps and does not stand still while the machine is suspended, as the monotonic clock does.
 *
 * S1 It runs with the monotonic clock, and jumps ahead by what the boot-time clock gained on that.
 * S2 A process that is stopped between two looks at clocks never makes it run ahead of the truth.
 */
export class SteadyTime {
  readonly #options: SteadyTimeOptions
  /** Boot-time clock minus monotonic clock at the start. */
  readonly #baseMs: number
  #suspendedMs = 0
  /** Monotonic times. */
  #lookedAtMs: number
  #noticedAtMs = Number.NEGATIVE_INFINITY

  constructor(options: SteadyTimeOptions) {
    this.#options = options
    this.#lookedAtMs = options.clock.monotonicMs()
    this.#baseMs = options.bootMs() - this.#lookedAtMs
  }

  /** Its origin means nothing. */
  nowMs(): number {
    if (this.#options.clock.monotonicMs() - this.#lookedAtMs >= LOOK_EVERY_MS) this.look()
    return this.#options.clock.monotonicMs() + this.#suspendedMs
  }

  /** That moment of the monotonic clock; undefined where a suspend was noticed since, which may lie on either side of it. */
  at(monotonicMs: number): number | undefined {
    return monotonicMs <= this.#noticedAtMs ? undefined : monotonicMs + this.#suspendedMs
  }

  /** Looks at the boot-time clock at once: something is odd. */
  look(): void {
    const { clock, bootMs } = this.#options
    const boot = bootMs()
    // S2: read second, so that a stop in between shows as less suspend, which the next look puts right.
    this.#lookedAtMs = clock.monotonicMs()
    const suspendedMs = boot - this.#lookedAtMs - this.#baseMs
    if (suspendedMs - this.#suspendedMs <= TOLERANCE_MS) return
    this.#suspendedMs = suspendedMs
    this.#noticedAtMs = this.#lookedAtMs
  }
}
