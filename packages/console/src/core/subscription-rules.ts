import { chainProblems } from './action-chain.ts'
import type { Inventory, NewSubscription, Subscription } from './model.ts'
import type { Problem } from './problem.ts'

/** Rules over one new subscription (console.md §5.3). `orderKey` is what the caller asked for, if anything. */
export function subscriptionProblems(
  subscription: NewSubscription,
  orderKey: string | undefined,
): readonly Problem[] {
  const problems = [...chainProblems(subscription.actions), ...pushProblems(subscription)]
  if (orderKey !== undefined) {
    problems.push({ field: 'orderKey', message: 'consuming in order is not available in this version' })
  }
  const cluster = subscription.extraParams['SUB_MQCLUSTER']
  if (cluster !== undefined) {
    problems.push({ field: 'extraParams.SUB_MQCLUSTER', message: 'is not available in this version' })
  }
  return problems
}

function pushProblems(subscription: NewSubscription): readonly Problem[] {
  if (!subscription.actions.includes('AsyncHttp')) return []
  const problems: Problem[] = []
  if (subscription.urls.length === 0) {
    problems.push({ field: 'urls', message: 'must name at least one URL to push to' })
  }
  subscription.urls.forEach((url, index) => {
    if (!isHttpUrl(url)) problems.push({ field: `urls[${index}]`, message: 'must be an http:// URL' })
  })
  if (subscription.pushMaxConcurrency < 1) {
    problems.push({ field: 'pushMaxConcurrency', message: 'must be at least 1' })
  }
  return problems
}

function isHttpUrl(text: string): boolean {
  return text.startsWith('http://') && URL.canParse(text)
}

/**
 * What may not be enabled beside what is enabled already in a group (console.md §6.3): low level only with low level,
 * HTTP only with HTTP.
 */
export function mixingProblem(inventory: Inventory, subscription: Subscription): Problem | undefined {
  const others = inventory.subscriptions.filter(
    other => other.enabled && other.groupId === subscription.groupId && other.id !== subscription.id,
  )
  if (others.some(other => isLowLevel(other) !== isLowLevel(subscription))) {
    return { field: 'apiType', message: 'HighLevel and LowLevel can not mixed' }
  }
  if (others.some(other => isHttp(other) !== isHttp(subscription))) {
    return { field: 'consumeType', message: 'SDK and Http can not mixed' }
  }
  return undefined
}

function isLowLevel(subscription: Subscription): boolean {
  return subscription.apiType === 2
}

function isHttp(subscription: Subscription): boolean {
  return subscription.consumeType === 2
}
