import type { Subscription } from '../subscription.ts'
import type { Verdict } from './push-response.ts'

/** Told of every attempt that ended. Hot: once per request. */
export interface PushObserver {
  attempted(subscription: Subscription, verdict: Verdict, ms: number): void
}
