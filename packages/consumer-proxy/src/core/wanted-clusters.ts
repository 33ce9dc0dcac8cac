import type { CProxyConfig } from '@ddmq/common/registry'
import type { ClusterEntry } from '@ddmq/storage'

/** The broker clusters a document asks for; an engine's entry for one that is not in `brokerClusters` counts for nothing. */
export function wantedClusters(proxy: CProxyConfig | undefined): ReadonlyMap<string, ClusterEntry> {
  const { brokerClusters = [], embeddedConfigs = {}, kafkaConfigs = {} } = proxy ?? {}
  const wanted = new Map<string, ClusterEntry>()
  for (const name of brokerClusters) {
    const kafka = kafkaConfigs[name]
    if (embeddedConfigs[name] !== undefined) wanted.set(name, { engine: 'embedded' })
    else if (kafka?.bootstrapServers !== undefined)
      wanted.set(name, { engine: 'kafka', bootstrapServers: kafka.bootstrapServers })
    else if (kafka !== undefined) wanted.set(name, { engine: 'kafka' })
  }
  return wanted
}
