import type { Clock } from '@ddmq/common/clock'

/** What a test does to a machine. `wallMs` moves the wall clock alone; a suspend stops the monotonic clock alone. */
export type ClockEvent =
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'suspend'; readonly ms: number }
  | { readonly kind: 'step'; readonly ms: number }

/** A machine's clocks over true time, as Linux has them. */
export class Machine implements Clock {
  trueMs = 1_700_000_000_000
  #wallAheadMs: number
  #runningMs = 5_000
  #bootMs = 60_005

  constructor(wallAheadMs = 0) {
    this.#wallAheadMs = wallAheadMs
  }

  nowMs(): number {
    return this.trueMs + this.#wallAheadMs
  }

  monotonicMs(): number {
    return this.#runningMs
  }

  /** In hundredths of a second. */
  readonly bootMs = (): number => Math.floor(this.#bootMs / 10) * 10

  happens({ kind, ms }: ClockEvent): void {
    if (kind === 'step') {
      this.#wallAheadMs += ms
      return
    }
    this.trueMs += ms
    this.#bootMs += ms
    if (kind === 'pass') this.#runningMs += ms
  }

  pass(ms: number): void {
    this.happens({ kind: 'pass', ms })
  }

  /** NTP has put the wall clock right. */
  correctWall(): void {
    this.#wallAheadMs = 0
  }

  sleep(): Promise<void> {
    throw new Error('nobody sleeps here')
  }

  schedule(): () => void {
    throw new Error('nobody waits here')
  }
}
