import {
  addressProblems,
  type BrokerEngine,
  brokerClusterProblems,
  engineOf,
  kafkaServers,
  type NewBrokerCluster,
  templateServers,
} from '../core/broker-clusters.ts'
import { touchedBy } from '../core/documents/touched.ts'
import { CPROXY_TEMPLATE, PPROXY_TEMPLATE } from '../core/engine-templates.ts'
import { type Cluster, type Inventory, MQ_SERVER_TYPE, type MqServer } from '../core/model.ts'
import { refuse } from '../core/problem.ts'
import { producerTemplate } from '../core/producer-template.ts'
import { InvalidRequestError } from '../errors.ts'
import { afterStored } from './after-stored.ts'
import type { AppContext } from './context.ts'
import { findBrokerCluster } from './find.ts'

export interface BrokerClusterView {
  readonly name: string
  readonly engine: BrokerEngine | 'rocketmq'
  readonly bootstrapServers: readonly string[]
  /** Clusters whose proxies are connected to it. */
  readonly clusters: readonly string[]
  readonly topics: number
  /** Whether this console reaches it. */
  readonly connected: boolean
  /** Why not. */
  readonly problem?: string
}

export async function listBrokerClusters(app: AppContext): Promise<readonly BrokerClusterView[]> {
  const inventory = await app.store.inventory()
  return inventory.mqServers.map(mqServer => viewOf(app, inventory, mqServer))
}

/** Creates the row and binds it to the cluster: when this returns, the cluster's proxies are told to connect to it. */
export async function createBrokerCluster(
  app: AppContext,
  wanted: NewBrokerCluster,
  clusterName: string,
): Promise<BrokerClusterView> {
  await app.changes.run(async store => {
    const inventory = await store.inventory()
    refuse(brokerClusterProblems(inventory, wanted))
    const { name, engine, bootstrapServers } = wanted
    app.clusters.check(name, engine === 'kafka' ? { engine, bootstrapServers } : { engine })
    const cluster = inventory.clusters.find(candidate => candidate.name === clusterName)
    if (cluster === undefined) throw new InvalidRequestError(`cluster ${clusterName} does not exist`)
    await store.write(async rows => {
      await rows.insertMqServer({
        name,
        addr: engine === 'kafka' ? bootstrapServers.join(',') : engine,
        type: MQ_SERVER_TYPE[engine],
        cluster,
        templates: { pproxy: newTemplate(inventory, cluster), cproxy: CPROXY_TEMPLATE },
      })
      await rows.touch(touchedBy(inventory, { ...proxiesOf([cluster.id]), brokers: [name] }))
    })
    app.log.info({ brokerCluster: name, engine }, 'broker cluster created')
  })
  return shown(app, wanted.name)
}

/** Proxies connect to the new addresses before they leave the old ones. */
export async function moveBrokerCluster(
  app: AppContext,
  name: string,
  bootstrapServers: readonly string[],
): Promise<BrokerClusterView> {
  await app.changes.run(async store => {
    const inventory = await store.inventory()
    const mqServer = findBrokerCluster(inventory, name)
    const engine = engineOf(mqServer)
    if (engine !== 'kafka')
      throw new InvalidRequestError(`broker cluster ${name} has no addresses: it is ${engine}`)
    if (templateServers(inventory, mqServer) !== undefined) {
      throw new InvalidRequestError(
        `the addresses of ${name} stand in proxy_conf of its relation: change them there`,
      )
    }
    refuse(addressProblems(engine, bootstrapServers))
    app.clusters.check(name, { engine, bootstrapServers })
    await store.write(async rows => {
      await rows.setMqServerAddr(mqServer.id, bootstrapServers.join(','))
      await rows.touch(
        touchedBy(inventory, { ...proxiesOf(clusterIdsOf(inventory, mqServer)), brokers: [name] }),
      )
    })
    app.log.info({ brokerCluster: name, bootstrapServers }, 'broker cluster moved')
  })
  return shown(app, name)
}

/** Only one without topics: proxies disconnect from it. Its topics and positions stay in it. */
export async function deleteBrokerCluster(app: AppContext, name: string): Promise<void> {
  await app.changes.run(async store => {
    const inventory = await store.inventory()
    const mqServer = findBrokerCluster(inventory, name)
    refuseInUse(inventory, mqServer)
    await store.write(async rows => {
      await rows.deleteMqServer(mqServer.id)
      const scope = { ...proxiesOf(clusterIdsOf(inventory, mqServer)), brokers: [name] }
      await rows.touch(touchedBy(inventory, scope))
    })
    app.log.info({ brokerCluster: name }, 'broker cluster deleted')
  })
  await afterStored(() => app.brokerClusters.refresh())
}

function refuseInUse(inventory: Inventory, mqServer: MqServer): void {
  const topics = inventory.topics.filter(topic =>
    inventory.confs.some(conf => conf.topicId === topic.id && conf.mqServerId === mqServer.id),
  )
  if (topics.length > 0) {
    const names = topics.slice(0, 5).map(topic => topic.name)
    throw new InvalidRequestError(
      `broker cluster ${mqServer.name} has ${topics.length} topics (${names.join(', ')}${topics.length > 5 ? ', …' : ''}): take them out of it first`,
    )
  }
  for (const clusterId of clusterIdsOf(inventory, mqServer)) {
    const others = inventory.relations.some(
      relation => relation.clusterId === clusterId && relation.mqServerId !== mqServer.id,
    )
    if (!others)
      throw new InvalidRequestError(`broker cluster ${mqServer.name} is the only one of its cluster`)
  }
}

/** The answer to a change. */
function shown(app: AppContext, name: string): Promise<BrokerClusterView> {
  return afterStored(async () => {
    await app.brokerClusters.refresh()
    const inventory = await app.store.inventory()
    return viewOf(app, inventory, findBrokerCluster(inventory, name))
  })
}

function viewOf(app: AppContext, inventory: Inventory, mqServer: MqServer): BrokerClusterView {
  const engine = engineOf(mqServer)
  const clusterIds = clusterIdsOf(inventory, mqServer)
  const problem =
    engine === 'rocketmq' ? 'there is no engine for RocketMQ yet' : app.clusters.problemOf(mqServer.name)
  return {
    name: mqServer.name,
    engine,
    bootstrapServers: engine === 'kafka' ? kafkaServers(inventory, mqServer) : [],
    clusters: inventory.clusters.filter(({ id }) => clusterIds.includes(id)).map(cluster => cluster.name),
    topics: new Set(inventory.confs.filter(conf => conf.mqServerId === mqServer.id).map(conf => conf.topicId))
      .size,
    connected: app.clusters.get(mqServer.name) !== undefined,
    ...(problem === undefined ? {} : { problem }),
  }
}

function clusterIdsOf(inventory: Inventory, mqServer: MqServer): readonly number[] {
  const related = inventory.relations.filter(relation => relation.mqServerId === mqServer.id)
  return [...new Set(related.map(relation => relation.clusterId))]
}

function proxiesOf(clusterIds: readonly number[]) {
  return { pproxiesOf: clusterIds, cproxiesOf: clusterIds }
}

/** Each relation has a whole template, so that any of them may go: without engines, which follow from the rows. */
function newTemplate(inventory: Inventory, cluster: Cluster): object {
  const template: Record<string, unknown> = {
    ...(producerTemplate(inventory, cluster.id) ?? PPROXY_TEMPLATE),
  }
  delete template['kafkaConfigurationMap']
  return template
}
