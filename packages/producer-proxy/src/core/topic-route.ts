import type { Message } from '@ddmq/common/idl'
import type { PProxyConfig, TopicConfig } from '@ddmq/common/registry'

/** Where no cluster of a topic sets a limit (producer-proxy.md §6 rule 6). */
export const DEFAULT_MAX_BODY_BYTES = 2_097_152

/** Property of a message that the delay service publishes when it is due. */
const FROM_DELAY_SERVICE = 'from_chronos'

/** What this proxy knows of one topic it serves. */
export interface TopicRoute {
  readonly topic: string
  /** Names of the clusters, sorted; never empty. */
  readonly clusters: readonly string[]
  readonly isDelay: boolean
  /** One attempt per message: a second one could overtake a later message. */
  readonly isStrongOrder: boolean
  readonly maxBodyBytes: number
  /** This proxy's share, over all its units. */
  readonly maxTps: number
  readonly limiterRetryIntervalMs: number
}

/** Undefined when no unit of the topic lists this instance: the topic is not served here (producer-proxy.md §16.3). */
export function routeOf(
  document: TopicConfig,
  instance: string,
  proxy: PProxyConfig,
): TopicRoute | undefined {
  const units = document.topicUnits.filter(unit =>
    Object.values(unit.proxies).some(instances => instances.includes(instance)),
  )
  if (units.length === 0) return undefined
  const clusters = [...new Set(units.map(unit => unit.brokerCluster))].toSorted()
  return {
    topic: document.topic,
    clusters,
    isDelay: document.delayTopic,
    isStrongOrder: document.strongOrder,
    maxBodyBytes: maxBodyBytesOf(clusters, proxy),
    maxTps: units.reduce((sum, unit) => sum + unit.maxTps, 0),
    limiterRetryIntervalMs: document.limiterFailureRetryInterval,
  }
}

/** A delay topic takes only what the delay service publishes when it is due; everything else would be early (19). */
export function isReservedForDelayService(route: TopicRoute, message: Message): boolean {
  return route.isDelay && message.properties?.has(FROM_DELAY_SERVICE) !== true
}

/** The smallest limit that one of the clusters names, whatever its engine (PP-20). */
function maxBodyBytesOf(clusters: readonly string[], proxy: PProxyConfig): number {
  const { rocketmqConfigurationMap, kafkaConfigurationMap, embeddedConfigurationMap } =
    proxy.carreraConfiguration
  const maps = [rocketmqConfigurationMap, kafkaConfigurationMap, embeddedConfigurationMap]
  const limits = clusters.flatMap(cluster => maps.flatMap(map => map?.[cluster]?.maxMessageSize ?? []))
  return limits.length === 0 ? DEFAULT_MAX_BODY_BYTES : Math.min(...limits)
}
