import type { ConsoleConfig } from '@ddmq/console'
import type { PortConfig } from './port-config.ts'

type BrokerSeed = Pick<ConsoleConfig['seed'], 'brokerCluster' | 'engine' | 'bootstrapServers'>

/** What a new database begins with: the console's first broker cluster is the one of that name in `brokerClusters`. */
export function seededBrokers<Seed extends BrokerSeed>(
  seed: Seed,
  brokerClusters: PortConfig['brokerClusters'],
): Seed {
  const kafka = brokerClusters[seed.brokerCluster]?.kafka
  if (kafka === undefined) return seed
  const { bootstrapServers } = seed.bootstrapServers.length > 0 ? seed : kafka
  return { ...seed, engine: 'kafka', bootstrapServers: [...bootstrapServers] }
}
