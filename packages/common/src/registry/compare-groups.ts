import { isDeepStrictEqual } from 'node:util'
import type { GroupConfig, UpstreamTopic } from './schema/index.ts'

/**
 * What a change of a group document asks of a running subscription (common-monitor-deploy.md §4.2):
 * `same` nothing; `hot` take over the new values while consuming; `rebuild` stop and start it. A subscription that was
 * switched on or off counts as `added` or `removed`.
 */
export type SubscriptionChange = 'same' | 'hot' | 'rebuild' | 'added' | 'removed'

export interface SubscriptionComparison {
  readonly topic: string
  readonly brokerCluster: string
  readonly change: SubscriptionChange
}

/** Limits, alarms, proxies, retry settings, addresses, time-outs, rates: read anew for each message. All else rebuilds. */
const HOT_FIELDS = [
  'proxies',
  'maxTps',
  'totalMaxTps',
  'httpMaxTps',
  'concurrency',
  'maxConsumeLag',
  'maxPullBatchSize',
  'timeout',
  'maxRetry',
  'retryIntervals',
  'urls',
  'enableAlarm',
  'delayTimeThreshold',
  'committedLagThreshold',
] as const satisfies readonly (keyof UpstreamTopic)[]
const GROUP_REBUILD_FIELDS = [
  'asyncThreads',
  'delayRequestHandlerThreads',
  'redisConfig',
] as const satisfies readonly (keyof GroupConfig)[]

/**
 * Compares the enabled subscriptions of two versions of a group, by content. An equal document gives `same` throughout;
 * a second entry for the same topic and cluster is compared with the second one.
 */
export function compareGroups(before: GroupConfig, after: GroupConfig): readonly SubscriptionComparison[] {
  const rebuildAll = GROUP_REBUILD_FIELDS.some(field => !isDeepStrictEqual(before[field], after[field]))
  const old = enabledByKey(before)
  const compared: SubscriptionComparison[] = []
  for (const [key, next] of enabledByKey(after)) {
    const previous = old.get(key)
    old.delete(key)
    compared.push(comparison(next, changeOf(previous, next, rebuildAll)))
  }
  return [...compared, ...[...old.values()].map(gone => comparison(gone, 'removed'))]
}

function changeOf(
  before: UpstreamTopic | undefined,
  after: UpstreamTopic,
  rebuildAll: boolean,
): SubscriptionChange {
  if (before === undefined) return 'added'
  if (rebuildAll || !isDeepStrictEqual(withoutHotFields(before), withoutHotFields(after))) return 'rebuild'
  return isDeepStrictEqual(before, after) ? 'same' : 'hot'
}

function withoutHotFields(subscription: UpstreamTopic): Partial<UpstreamTopic> {
  const rest: Partial<UpstreamTopic> = { ...subscription }
  for (const field of HOT_FIELDS) delete rest[field]
  return rest
}

function enabledByKey(group: GroupConfig): Map<string, UpstreamTopic> {
  const byKey = new Map<string, UpstreamTopic>()
  for (const subscription of group.topics.filter(({ enabled }) => enabled)) {
    let occurrence = 0
    while (byKey.has(keyOf(subscription, occurrence))) occurrence++
    byKey.set(keyOf(subscription, occurrence), subscription)
  }
  return byKey
}

function keyOf({ topic, brokerCluster }: UpstreamTopic, occurrence: number): string {
  return JSON.stringify([brokerCluster, topic, occurrence])
}

function comparison(
  { topic, brokerCluster }: UpstreamTopic,
  change: SubscriptionChange,
): SubscriptionComparison {
  return { topic, brokerCluster, change }
}
