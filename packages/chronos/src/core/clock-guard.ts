import type { Clock } from '@ddmq/common/clock'
import { type Logger, type RateLimitedLog, rateLimited } from '@ddmq/common/log'
import { LogClock } from './log-clock.ts'
import { SteadyTime } from './steady-time.ts'

const THRESHOLD_MS = 1_000
const ACCEPT_AFTER_MS = 60_000
/** A log that disagreed is asked again so often. */
const ASK_AGAIN_MS = 10_000
const USE_EVERY_MS = 1_000
const LOG_EVERY_MS = 10_000
/** Faster than any clock that runs by itself or is slewed gains on another. */
const DRIFT = 1 / 1_000

export interface ClockGuardOptions {
  readonly clock: Clock
  /** Time since the machine was started, suspend included: `os.uptime()` in milliseconds. */
  readonly bootMs: () => number
  /** The log stamps records by a clock that is not this process's: not so where it is embedded. */
  readonly logHasOwnClock: boolean
  readonly log: Logger
  /** How far the wall clock may be ahead of what is expected without being doubted. */
  readonly thresholdMs?: number
  /** How long a jump must last to be believed where no other clock can be asked. */
  readonly acceptAfterMs?: number
}

interface Doubt {
  /** Steady time. */
  readonly sinceMs: number
  /** Of the wall clock when it began. */
  readonly offsetMs: number
}

/**
 * The time by which messages are due (SPEC.md I6). An offset below is that of a clock from steady time, which counts a stopped
 * process and a suspended machine, so that neither looks like a jump.
 *
 * G1 Never ahead of the wall clock, which is followed at once when it steps back.
 * G2 With witnesses: never further ahead of the log's clock than the threshold, by as much as is known of it; a wall clock that
 *    is gets no belief until the log agrees. Who is right cannot be told, so the later time holds.
 * G3 Without: the wall clock is believed as long as it gains at most the threshold, and what drift allows. A greater jump is
 *    believed when it has lasted, and only where the log has no clock of its own.
 * G4 While the wall clock is not believed time goes on from what was, with steady time: it never stands still. What the log has
 *    proven to be over is over.
 */
export class ClockGuard {
  readonly #clock: Clock
  readonly #steady: SteadyTime
  readonly #logClock = new LogClock()
  readonly #log: RateLimitedLog
  readonly #logHasOwnClock: boolean
  readonly #thresholdMs: number
  readonly #acceptAfterMs: number
  /** Offset that is believed. */
  #offsetMs: number
  /** How much more the wall clock may gain before it is doubted (G3), and when that was last topped up. */
  #allowanceMs: number
  #toppedUpAtMs: number
  #doubt: Doubt | undefined
  #witnessedAtMs = Number.NEGATIVE_INFINITY

  constructor(options: ClockGuardOptions) {
    const { clock, bootMs, logHasOwnClock, log } = options
    this.#clock = clock
    this.#log = rateLimited(log, LOG_EVERY_MS, clock)
    this.#logHasOwnClock = logHasOwnClock
    this.#thresholdMs = options.thresholdMs ?? THRESHOLD_MS
    this.#acceptAfterMs = options.acceptAfterMs ?? ACCEPT_AFTER_MS
    this.#steady = new SteadyTime({ clock, bootMs })
    this.#allowanceMs = this.#thresholdMs
    this.#toppedUpAtMs = this.#steady.nowMs()
    this.#offsetMs = clock.nowMs() - this.#toppedUpAtMs
  }

  /** Milliseconds since the epoch. Steps back with the wall clock. */
  nowMs(): number {
    let steadyMs = this.#steady.nowMs()
    // Read second: a stop in between shows as a jump ahead, which another look clears up.
    let wallMs = this.#clock.nowMs()
    if (this.#isNews(wallMs - steadyMs, steadyMs)) {
      this.#steady.look()
      steadyMs = this.#steady.nowMs()
      wallMs = this.#clock.nowMs()
    }
    this.#judge(wallMs - steadyMs, steadyMs)
    return this.#doubt === undefined ? wallMs : Math.floor(steadyMs + this.#offsetMs)
  }

  /**
   * A record of ours was read back: its append time, and when it was sent by the monotonic clock. May be called for every one:
   * it is used when `needsWitness`, else once a second. Ignored where the log has no clock of its own.
   */
  witness(logTimeMs: number, sentMonotonicMs: number): void {
    if (!this.#logHasOwnClock) return
    if (!this.needsWitness() && this.#steady.nowMs() - this.#witnessedAtMs < USE_EVERY_MS) return
    // The log's clock went on during a suspend that was not noticed yet.
    this.#steady.look()
    const sentAtMs = this.#steady.at(sentMonotonicMs)
    if (sentAtMs === undefined) return
    this.#witnessedAtMs = this.#steady.nowMs()
    this.#logClock.witness({ logTimeMs, sentAtMs, seenAtMs: this.#witnessedAtMs })
    this.nowMs()
  }

  /** The log should be asked for its time: by a record whose append time is then given to `witness`. */
  needsWitness(): boolean {
    if (!this.#logHasOwnClock) return false
    const nowMs = this.#steady.nowMs()
    const { minMs, maxMs } = this.#logClock.bounds ?? { minMs: Number.NEGATIVE_INFINITY, maxMs: 0 }
    if (this.#doubt === undefined && maxMs - minMs <= this.#thresholdMs) return false
    const sinceMs = this.#doubt?.sinceMs ?? Number.NEGATIVE_INFINITY
    return this.#witnessedAtMs < sinceMs || nowMs - this.#witnessedAtMs >= ASK_AGAIN_MS
  }

  /** What is wrong with the wall clock, as of the last `nowMs`; undefined when nothing is known to be. */
  get doubt(): string | undefined {
    const { bounds } = this.#logClock
    if (this.#doubt !== undefined) {
      const aheadMs = this.#doubt.offsetMs - (bounds?.maxMs ?? this.#offsetMs)
      const than = bounds === undefined ? 'it should be by the time that has passed' : "the log's clock"
      return `the wall clock is ${seconds(aheadMs)} s further than ${than}`
    }
    const behindMs = bounds === undefined ? 0 : bounds.minMs - this.#offsetMs
    if (behindMs <= this.#thresholdMs) return undefined
    return `the wall clock is ${seconds(behindMs)} s behind the log's clock: messages are late by that`
  }

  #judge(offsetMs: number, steadyMs: number): void {
    if (offsetMs <= this.#limitMs(steadyMs)) this.#believe(offsetMs)
    else if (this.#hasLasted(offsetMs, steadyMs)) this.#accept(offsetMs)
    else this.#goOn(offsetMs, steadyMs)
  }

  /** Not believable, for another reason than is known. */
  #isNews(offsetMs: number, steadyMs: number): boolean {
    if (offsetMs <= this.#limitMs(steadyMs)) return false
    return this.#doubt === undefined || !this.#isSameJump(this.#doubt, offsetMs)
  }

  /** The greatest offset of the wall clock that is believed (G2, G3). */
  #limitMs(steadyMs: number): number {
    const { bounds } = this.#logClock
    if (bounds !== undefined) return bounds.maxMs + this.#thresholdMs
    const gainedMs = (steadyMs - this.#toppedUpAtMs) * DRIFT
    this.#toppedUpAtMs = steadyMs
    this.#allowanceMs = Math.min(this.#thresholdMs, this.#allowanceMs + gainedMs)
    return this.#offsetMs + this.#allowanceMs
  }

  #hasLasted(offsetMs: number, steadyMs: number): boolean {
    if (this.#logHasOwnClock || this.#doubt === undefined) return false
    return this.#isSameJump(this.#doubt, offsetMs) && steadyMs - this.#doubt.sinceMs >= this.#acceptAfterMs
  }

  #isSameJump(doubt: Doubt, offsetMs: number): boolean {
    return Math.abs(offsetMs - doubt.offsetMs) <= this.#thresholdMs
  }

  #believe(offsetMs: number): void {
    if (this.#doubt !== undefined) this.#log.info({}, 'wall clock is believed again')
    this.#doubt = undefined
    const leftMs = this.#allowanceMs + this.#offsetMs - offsetMs
    this.#allowanceMs = Math.max(0, Math.min(this.#thresholdMs, leftMs))
    this.#offsetMs = offsetMs
  }

  #accept(offsetMs: number): void {
    const byMs = offsetMs - this.#offsetMs
    this.#log.error({ byMs }, 'wall clock jumped ahead and stayed there: it is believed now')
    this.#doubt = undefined
    this.#allowanceMs = this.#thresholdMs
    this.#offsetMs = offsetMs
  }

  #goOn(offsetMs: number, steadyMs: number): void {
    const { bounds } = this.#logClock
    if (bounds !== undefined) {
      if (this.#offsetMs > bounds.maxMs + this.#thresholdMs) this.#offsetMs = bounds.maxMs
      this.#offsetMs = Math.max(this.#offsetMs, bounds.minMs)
    }
    if (this.#doubt !== undefined && this.#isSameJump(this.#doubt, offsetMs)) return
    this.#doubt = { sinceMs: steadyMs, offsetMs }
    this.#log.warn({ doubt: this.doubt }, 'wall clock is not believed')
  }
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(1)
}
