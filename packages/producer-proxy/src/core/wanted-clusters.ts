import type { PProxyConfig } from '@ddmq/common/registry'
import type { ClusterEntry } from '@ddmq/storage'

export type WantedClusters = ReadonlyMap<string, ClusterEntry>

/**
 * The clusters a document asks for: those of the engines that are on. RocketMQ ones are not among them: there is no engine
 * for them, and their messages are answered with 21. A map that has become entirely empty changes nothing: whoever wants to
 * be rid of an engine switches it off or leaves its map out (producer-proxy.md §16.2).
 */
export function wantedClusters(proxy: PProxyConfig, before: WantedClusters): WantedClusters {
  const { embeddedConfigurationMap, kafkaConfigurationMap, useKafka } = proxy.carreraConfiguration
  const embedded = Object.keys(embeddedConfigurationMap ?? {}).map((name): [string, ClusterEntry] => [
    name,
    { engine: 'embedded' },
  ])
  const kafka = Object.entries(kafkaConfigurationMap ?? {}).map(
    ([name, { bootstrapServers }]): [string, ClusterEntry] => [name, { engine: 'kafka', bootstrapServers }],
  )
  return new Map([
    ...(isEmptied(embeddedConfigurationMap) ? ofEngine('embedded', before) : embedded),
    ...(useKafka ? kafka : []),
  ])
}

function isEmptied(map: object | undefined): boolean {
  return map !== undefined && Object.keys(map).length === 0
}

function ofEngine(engine: ClusterEntry['engine'], before: WantedClusters): [string, ClusterEntry][] {
  return [...before].filter(([, entry]) => entry.engine === engine)
}
