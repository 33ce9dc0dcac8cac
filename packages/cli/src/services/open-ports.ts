import type { Component, ProcessDeps } from '@ddmq/common/lifecycle'
import { EmbeddedRegistry, type Registry } from '@ddmq/common/registry'
import { ZooKeeperRegistry } from '@ddmq/common/registry/zookeeper'
import type { ClusterConnector } from '@ddmq/storage'
import { kafkaConnector } from './kafka-connector.ts'
import type { PortConfig } from './port-config.ts'

/** What a service reaches the outside by. The components are started before the service and stopped after it. */
export interface OpenedPorts {
  readonly registry: Registry
  readonly connector: ClusterConnector
  /** What only one process can hold: started before anything is written. */
  readonly locks: readonly Component[]
  readonly components: readonly Component[]
}

/** The adapters that a configuration asks for; nothing is connected before the components start. */
export function openPorts({ registry: tree, brokerClusters }: PortConfig, deps: ProcessDeps): OpenedPorts {
  const registry = openTree(tree, deps)
  return {
    registry,
    connector: kafkaConnector(brokerClusters, deps),
    locks: [],
    components: [registry],
  }
}

function openTree({ zookeeper, embedded }: PortConfig['registry'], { log, metrics }: ProcessDeps): Registry {
  return zookeeper === undefined
    ? new EmbeddedRegistry({ dir: embedded?.dir ?? '', log })
    : new ZooKeeperRegistry({ settings: zookeeper, log, metrics })
}
