import { type Clock, systemClock } from '../clock/index.ts'
import type { Logger } from './logger.ts'

/** The levels at which lines repeat. */
export type RateLimitedLog = Pick<RateLimited, 'info' | 'warn' | 'error'>

/**
 * Writes each message at most once per `perMs`; the next line of that message says how many were left out in
 * `suppressed`. Messages must be constants (house-style §16): one small record is kept for each.
 */
export function rateLimited(log: Logger, perMs: number, clock: Clock = systemClock): RateLimitedLog {
  return new RateLimited(log, perMs, clock)
}

interface Repeated {
  writtenAtMs: number
  suppressed: number
}

class RateLimited {
  readonly #log: Logger
  readonly #perMs: number
  readonly #clock: Clock
  readonly #repeated = new Map<string, Repeated>()

  constructor(log: Logger, perMs: number, clock: Clock) {
    this.#log = log
    this.#perMs = perMs
    this.#clock = clock
  }

  info(fields: object, message: string): void {
    this.#write('info', fields, message)
  }

  warn(fields: object, message: string): void {
    this.#write('warn', fields, message)
  }

  error(fields: object, message: string): void {
    this.#write('error', fields, message)
  }

  #write(level: 'info' | 'warn' | 'error', fields: object, message: string): void {
    const nowMs = this.#clock.monotonicMs()
    const key = `${level} ${message}`
    const repeated = this.#repeated.get(key)
    if (repeated === undefined) {
      this.#repeated.set(key, { writtenAtMs: nowMs, suppressed: 0 })
      this.#log[level](fields, message)
    } else if (nowMs - repeated.writtenAtMs < this.#perMs) {
      repeated.suppressed++
    } else {
      const { suppressed } = repeated
      repeated.writtenAtMs = nowMs
      repeated.suppressed = 0
      this.#log[level](suppressed === 0 ? fields : { ...fields, suppressed }, message)
    }
  }
}
