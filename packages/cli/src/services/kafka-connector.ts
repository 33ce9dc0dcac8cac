import type { ProcessDeps } from '@ddmq/common/lifecycle'
import { type ClusterConnector, StorageError } from '@ddmq/storage'
import { KafkaCluster, kafkaSettingsSchema } from '@ddmq/storage/kafka'
import type { PortConfig } from './port-config.ts'

/**
 * Connects to the broker clusters that the config tree names. Addresses in the tree win over those of the configuration,
 * which are for clusters whose document names none; everything else, secrets above all, comes from the configuration.
 */
export function kafkaConnector(
  brokerClusters: PortConfig['brokerClusters'],
  { clock, log, metrics }: ProcessDeps,
): ClusterConnector {
  return {
    connect(clusterName, entry) {
      if (entry.engine !== 'kafka') {
        const reason = `broker cluster ${clusterName} is an ${entry.engine} one, which a process of a cluster cannot use`
        throw new StorageError('invalid', reason)
      }
      const own = brokerClusters[clusterName]?.kafka
      const bootstrapServers = entry.bootstrapServers ?? own?.bootstrapServers
      if (bootstrapServers === undefined) {
        const reason = `broker cluster ${clusterName}: neither its document nor brokerClusters of this process names its brokers`
        throw new StorageError('invalid', reason)
      }
      const settings = kafkaSettingsSchema.parse({ ...own, bootstrapServers })
      const cluster = new KafkaCluster({ clusterName, settings, clock, log, metrics })
      return {
        cluster,
        address: bootstrapServers.join(','),
        open: abort => cluster.start(abort),
        close: deadline => cluster.stop(deadline),
      }
    },
  }
}
