import type { DelaySettings, TopicConfig, TopicUnit } from '@ddmq/common/registry'
import { proxiesOf, sharePerProxy } from '../addresses.ts'
import { confsOf } from '../lookups.ts'
import type { Inventory, Topic, TopicConf } from '../model.ts'

/** `/topic/<t>` (console.md §9.2.1); undefined for a topic without a usable unit, whose node must not exist. */
export function topicDocument(inventory: Inventory, topic: Topic): TopicConfig | undefined {
  const topicUnits = confsOf(inventory, topic.id)
    .map(conf => topicUnit(inventory, conf))
    .filter(unit => unit !== undefined)
  if (topicUnits.length === 0) return undefined
  return {
    topic: topic.name,
    ...(topic.alarmGroup.length === 0 ? {} : { alarmGroup: [...topic.alarmGroup] }),
    topicUnits,
    delayTopic: topic.delayTopic,
    autoBatch: topic.autoBatch,
    strongOrder: false,
    compressType: topic.compressionType === 1 ? 'SNAPPY' : 'PRIMORDIAL',
    limiterFailureRetryInterval: -1,
    ...(topic.delayTopic && isSet(topic.delay) ? { delay: { ...topic.delay } } : {}),
  }
}

/** The defaults are left out, so that a document has nothing the original does not know unless somebody asked for it. */
function isSet({ misfire, paused }: DelaySettings): boolean {
  return misfire !== 'all' || paused
}

function topicUnit(inventory: Inventory, conf: TopicConf): TopicUnit | undefined {
  const cluster = inventory.clusters.find(candidate => candidate.id === conf.clusterId)
  const mqServer = inventory.mqServers.find(candidate => candidate.id === conf.mqServerId)
  if (cluster === undefined || mqServer === undefined) return undefined
  const proxies = proxiesOf(inventory, cluster, 'pproxy')
  return {
    brokerCluster: mqServer.name,
    proxies,
    totalMaxTps: conf.produceTps,
    maxTps: sharePerProxy(conf.produceTps, proxies),
  }
}
