import { UnsupportedActionError } from './actions/errors.ts'
import type { Subscription } from './subscription.ts'

/**
 * Why this version cannot run a subscription, or undefined. What is not built is refused, never accepted and forgotten:
 * ordering would be broken silently, and an action that is skipped would let through what it should have changed.
 */
export function whyUnsupported({ config }: Subscription, createChain: () => unknown): string | undefined {
  if (config.orderKey !== undefined && config.orderKey !== '') {
    return `orderKey ${config.orderKey}: this version does not deliver in order`
  }
  try {
    createChain()
    return undefined
  } catch (thrown) {
    if (thrown instanceof UnsupportedActionError) return thrown.message
    throw thrown
  }
}
