import type { CProxyConfig, GroupConfig } from '@ddmq/common/registry'
import type { Subscription } from './subscription.ts'

/** What this instance has to do for a group. */
export interface GroupPlan {
  readonly group: string
  /** By broker cluster; only clusters with at least one subscription. */
  readonly clusters: ReadonlyMap<string, readonly Subscription[]>
  /** Consumes only while somebody pulls (consumer-proxy.md §8). */
  readonly lazy: boolean
  readonly refused: readonly RefusedSubscription[]
}

interface RefusedSubscription {
  readonly subscription: Subscription
  readonly reason: string
}

/** Why a subscription cannot be run, or undefined. */
export type SubscriptionCheck = (subscription: Subscription) => string | undefined

/**
 * The enabled subscriptions of a group that this instance runs: their broker cluster is one of the proxy's, and the
 * subscription itself lists the instance (consumer-proxy.md §2.7). What `check` objects to is refused alone; the others
 * of the group run.
 */
export function planGroup(document: GroupConfig, proxy: CProxyConfig, check: SubscriptionCheck): GroupPlan {
  const clusters = new Map<string, Subscription[]>()
  const refused: RefusedSubscription[] = []
  for (const config of document.topics) {
    if (!config.enabled || !proxy.brokerClusters.includes(config.brokerCluster)) continue
    if (!config.proxies[proxy.proxyCluster]?.includes(proxy.instance)) continue
    const { brokerCluster, topic } = config
    const subscription: Subscription = { group: document.group, brokerCluster, topic, config }
    const accepted = clusters.get(brokerCluster) ?? []
    const twice = accepted.some(other => other.topic === topic)
    const reason = twice ? 'the topic is subscribed twice on this broker cluster' : check(subscription)
    if (reason === undefined) clusters.set(brokerCluster, [...accepted, subscription])
    else refused.push({ subscription, reason })
  }
  return { group: document.group, clusters, lazy: isLazy(clusters), refused }
}

/**
 * Must a running consumer leave and join again to go from one list of subscriptions to the other? Only where a topic
 * comes or goes, or its messages take another way; everything else is applied in place.
 */
export function needsRejoin(running: readonly Subscription[], wanted: readonly Subscription[]): boolean {
  return routes(running) !== routes(wanted)
}

function routes(subscriptions: readonly Subscription[]): string {
  const perTopic = subscriptions.map(({ topic, config }) => JSON.stringify([topic, ...config.actions]))
  return perTopic.toSorted((one, other) => (one < other ? -1 : 1)).join('\n')
}

function isLazy(clusters: ReadonlyMap<string, readonly Subscription[]>): boolean {
  const all = [...clusters.values()].flat()
  return all.length > 0 && all.every(({ config }) => config.actions.includes('PullServer'))
}
