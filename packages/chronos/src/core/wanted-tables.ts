import type { PProxyConfig } from '@ddmq/common/registry'
import type { ClusterEntry } from '@ddmq/storage'

/** A broker cluster whose delayed messages are delivered. */
export interface WantedCluster {
  readonly entry: ClusterEntry
  /** Each has a table of its own: `delay.chronosInnerTopicPrefix` of the documents (chronos.md §21). */
  readonly prefixes: ReadonlySet<string>
}

/**
 * Where producer proxies store delayed messages, as their documents say: every cluster of an engine that is on. Where two
 * documents name different addresses of one cluster, those of the later one count.
 */
export function wantedTables(proxies: readonly PProxyConfig[]): ReadonlyMap<string, WantedCluster> {
  const wanted = new Map<string, WantedCluster>()
  for (const { carreraConfiguration } of proxies) {
    const {
      delay,
      embeddedConfigurationMap = {},
      kafkaConfigurationMap = {},
      useKafka,
    } = carreraConfiguration
    const prefix = delay?.chronosInnerTopicPrefix.trim() ?? ''
    if (prefix === '') continue
    const add = (name: string, entry: ClusterEntry): void => {
      wanted.set(name, { entry, prefixes: new Set([...(wanted.get(name)?.prefixes ?? []), prefix]) })
    }
    for (const name of Object.keys(embeddedConfigurationMap)) add(name, { engine: 'embedded' })
    if (!useKafka) continue
    for (const [name, { bootstrapServers }] of Object.entries(kafkaConfigurationMap)) {
      add(name, { engine: 'kafka', bootstrapServers })
    }
  }
  return wanted
}
