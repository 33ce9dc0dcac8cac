import type { Subscription } from '../subscription.ts'
import type { Verdict } from './push-response.ts'

/** Told of every attempt of one topic that ended. Hot: once per request. */
export interface PushMeter {
  attempted(verdict: Verdict, ms: number): void
}

export interface PushObserver {
  /** The same one for the same group and topic. */
  meterOf(subscription: Subscription): PushMeter
}
