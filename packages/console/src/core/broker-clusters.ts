import type { ClusterEntry } from '@ddmq/storage'
import { type Inventory, MQ_SERVER_TYPE, type MqServer } from './model.ts'
import type { Problem } from './problem.ts'

/** Engines a broker cluster can be created with; rows of others come from an adopted database. */
export type BrokerEngine = 'kafka' | 'embedded'

export function engineOf({ type }: MqServer): BrokerEngine | 'rocketmq' {
  if (type === MQ_SERVER_TYPE.embedded) return 'embedded'
  return type === MQ_SERVER_TYPE.rocketmq ? 'rocketmq' : 'kafka'
}

/** `mq_server.addr` of a Kafka cluster: `host:port`, separated by commas. */
function bootstrapServersOf({ addr }: MqServer): string[] {
  return addr.split(/[,;\s]+/).filter(address => address !== '')
}

/**
 * Addresses of a Kafka cluster: those of the template where it has some, as the original had them nowhere else, and those of
 * the row otherwise.
 */
export function kafkaServers(inventory: Inventory, mqServer: MqServer): string[] {
  return templateServers(inventory, mqServer) ?? bootstrapServersOf(mqServer)
}

/** Addresses that a relation's template names, as in an adopted database. */
export function templateServers(inventory: Inventory, mqServer: MqServer): string[] | undefined {
  for (const relation of inventory.relations) {
    if (relation.mqServerId !== mqServer.id || relation.kind !== 'pproxy') continue
    const entry = memberOf(memberOf(relation.proxyConf, 'kafkaConfigurationMap'), mqServer.name)
    const servers = memberOf(entry, 'bootstrapServers')
    if (Array.isArray(servers) && servers.length > 0) return servers.map(String)
  }
  return undefined
}

/** What this console connects to: every live broker cluster that there is an engine for. */
export function wantedClusters(inventory: Inventory): ReadonlyMap<string, ClusterEntry> {
  const wanted = new Map<string, ClusterEntry>()
  for (const mqServer of inventory.mqServers) {
    const engine = engineOf(mqServer)
    if (engine === 'embedded') wanted.set(mqServer.name, { engine })
    if (engine === 'kafka')
      wanted.set(mqServer.name, { engine, bootstrapServers: kafkaServers(inventory, mqServer) })
  }
  return wanted
}

export interface NewBrokerCluster {
  readonly name: string
  readonly engine: BrokerEngine
  readonly bootstrapServers: readonly string[]
}

export function brokerClusterProblems(
  inventory: Inventory,
  { name, engine, bootstrapServers }: NewBrokerCluster,
): readonly Problem[] {
  const problems: Problem[] = []
  if (!/^[0-9A-Za-z_-]{1,128}$/.test(name)) {
    problems.push({ field: 'name', message: 'must be 1 to 128 of a-z, A-Z, 0-9, _ and -' })
  }
  if (inventory.mqServers.some(other => other.name === name)) {
    problems.push({ field: 'name', message: `broker cluster ${name} exists` })
  }
  return [...problems, ...addressProblems(engine, bootstrapServers)]
}

export function addressProblems(
  engine: BrokerEngine | 'rocketmq',
  addresses: readonly string[],
): readonly Problem[] {
  const field = 'bootstrapServers'
  if (engine === 'kafka' && addresses.length === 0) {
    return [{ field, message: 'a Kafka cluster needs the host:port of at least one broker' }]
  }
  if (engine !== 'kafka' && addresses.length > 0) {
    return [{ field, message: `a cluster of the engine ${engine} has none` }]
  }
  const wrong = addresses.find(address => !/^(\[[0-9a-fA-F:.]+\]|[^\s:,;[\]]+):\d{1,5}$/.test(address))
  return wrong === undefined ? [] : [{ field, message: `${wrong} is not host:port` }]
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}
