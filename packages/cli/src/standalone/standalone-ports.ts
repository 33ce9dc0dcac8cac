import { join } from 'node:path'
import type { ProcessDeps } from '@ddmq/common/lifecycle'
import { EmbeddedRegistry } from '@ddmq/common/registry'
import { sharedClusters } from '@ddmq/storage'
import { EmbeddedCluster } from '@ddmq/storage/embedded'
import { type OpenedPorts, openPorts } from '../services/open-ports.ts'
import type { UpConfig } from './up-config.ts'

/** The embedded log and tree in the data folder, unless the configuration names those of a cluster. */
export function standalonePorts(config: UpConfig, deps: ProcessDeps): OpenedPorts {
  const { registry, brokerClusters } = config
  return registry === undefined ? embeddedPorts(config, deps) : openPorts({ registry, brokerClusters }, deps)
}

function embeddedPorts(config: UpConfig, { clock, log }: ProcessDeps): OpenedPorts {
  const { dataDir, fsync, freeSpaceFloorBytes, retentionMs, retentionBytes } = config
  const cluster = new EmbeddedCluster({
    clusterName: config.console.seed.brokerCluster,
    dir: join(dataDir, 'log'),
    fsync,
    freeSpaceFloorBytes,
    retentionMs,
    ...(retentionBytes === undefined ? {} : { retentionBytes }),
    clock,
    log,
  })
  const registry = new EmbeddedRegistry({ dir: join(dataDir, 'registry'), log })
  return {
    registry,
    connector: sharedClusters([cluster]),
    locks: [cluster],
    components: [registry],
  }
}
