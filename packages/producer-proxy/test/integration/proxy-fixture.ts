import { join } from 'node:path'
import { ByteBudget } from '@ddmq/common/async'
import { systemClock } from '@ddmq/common/clock'
import { type DelayMessage, type DelayResult, Message, producerService, type Result } from '@ddmq/common/idl'
import { type ProcessDeps, Service } from '@ddmq/common/lifecycle'
import { MetricsRegistry } from '@ddmq/common/metrics'
import { EmbeddedRegistry } from '@ddmq/common/registry'
import { ThriftConnection } from '@ddmq/common/thrift'
import type { ClusterConnector, StoredRecord } from '@ddmq/storage'
import { delayTableSpec } from '@ddmq/storage/delay'
import { freePort, type TestLogger, tempDir, testLogger } from '@ddmq/testkit'
import { composeProducerProxy, producerProxyConfigSchema } from '../../src/index.ts'
import {
  INNER_PREFIX,
  type ProxyDocument,
  proxyDocument,
  type TopicDocument,
  topicDocument,
} from '../documents.ts'
import type { GatedCluster } from './gated-cluster.ts'
import { TestConnector } from './test-connector.ts'

export interface FixtureOptions {
  /** Topics that are in the config tree and in every of their clusters, with 4 partitions. */
  readonly topics: readonly (Omit<TopicDocument, 'instance'> & { readonly partitions?: number })[]
  readonly clusters?: readonly string[]
  readonly carrera?: object
  readonly config?: object
  /** Of the table of delayed messages in every cluster of a delay topic, 4 if not given; 0: there is none. */
  readonly tablePartitions?: number
  /** Instead of engines in the fixture's folder; then nobody makes the topics. */
  readonly connector?: ClusterConnector
}

type MessageChange = Partial<Omit<Message, 'body' | 'value'>> & {
  readonly body?: string | Uint8Array
  readonly value?: string
  readonly hashId?: number | bigint
}

/** The server decides how long a call takes. */
const CALL = { timeoutMs: 120_000 }

/** A producer proxy as a process has it, with real engines and a real config tree in one folder. */
export class TestProxy implements AsyncDisposable {
  readonly instance: string
  readonly port: number
  readonly registry: EmbeddedRegistry
  readonly metrics = new MetricsRegistry()
  readonly logger: TestLogger = testLogger()
  readonly connector: TestConnector
  readonly service: Service
  readonly #options: FixtureOptions
  readonly #connections: ThriftConnection[] = []
  readonly #storage: Service
  readonly #dir: AsyncDisposable

  private constructor(
    dir: { readonly path: string } & AsyncDisposable,
    port: number,
    options: FixtureOptions,
  ) {
    const { log } = this.logger
    this.#dir = dir
    this.#options = options
    this.port = port
    this.instance = `127.0.0.1:${port}`
    this.connector = new TestConnector(dir.path, log)
    if (options.connector === undefined)
      for (const clusterName of options.clusters ?? ['R_test']) this.connector.add(clusterName)
    this.registry = new EmbeddedRegistry({ dir: join(dir.path, 'registry'), log })
    const deps: ProcessDeps = {
      clock: systemClock,
      log,
      metrics: this.metrics,
      budget: new ByteBudget(64 * 2 ** 20),
    }
    const connector = options.connector ?? this.connector
    const config = producerProxyConfigSchema.parse({ port, ...options.config })
    this.#storage = new Service({
      name: 'storage',
      components: [...this.connector.clusters.values(), this.registry],
      log,
      stopTimeoutMs: 10_000,
    })
    this.service = new Service({
      name: 'proxy',
      components: composeProducerProxy(config, {
        ...deps,
        registry: this.registry,
        connector,
      }),
      log,
      stopTimeoutMs: 10_000,
    })
  }

  /** With its documents in the tree and its topics in the clusters, but not started. */
  static async prepare(options: FixtureOptions): Promise<TestProxy> {
    const proxy = new TestProxy(await tempDir(), await freePort(), options)
    await proxy.#storage.start()
    await proxy.registry.createContainers()
    for (const topic of options.topics) {
      await proxy.putTopic(topic)
      if (options.connector !== undefined) continue
      for (const cluster of topic.clusters ?? ['R_test']) {
        await proxy
          .cluster(cluster)
          .admin.createTopic({ topic: topic.topic, partitions: topic.partitions ?? 4 })
      }
    }
    if (options.connector === undefined) await proxy.#createTables(options)
    return proxy
  }

  async #createTables({ topics, tablePartitions = 4 }: FixtureOptions): Promise<void> {
    if (tablePartitions === 0) return
    const delayed = topics.filter(({ change }) => change !== undefined && 'delayTopic' in change)
    for (const cluster of new Set(delayed.flatMap(({ clusters = ['R_test'] }) => clusters))) {
      await this.cluster(cluster).admin.createTopic(delayTableSpec(INNER_PREFIX, tablePartitions))
    }
  }

  static async start(options: FixtureOptions): Promise<TestProxy> {
    const proxy = await TestProxy.prepare(options)
    await proxy.putNode()
    await proxy.service.start()
    return proxy
  }

  /** Writes the own document; by default with what the fixture was made with. */
  async putNode(change: Partial<Omit<ProxyDocument, 'instance'>> = {}): Promise<void> {
    const { topics, clusters, carrera } = this.#options
    const document = proxyDocument({
      instance: this.instance,
      topics: topics.map(topic => topic.topic),
      ...(clusters === undefined ? {} : { clusters }),
      ...(carrera === undefined ? {} : { carrera }),
      ...change,
    })
    await this.registry.put('pproxy', this.instance, document)
  }

  async putTopic(topic: Omit<TopicDocument, 'instance'>, instance = this.instance): Promise<void> {
    await this.registry.put('topic', topic.topic, topicDocument({ ...topic, instance }))
  }

  cluster(name = 'R_test'): GatedCluster {
    return this.connector.cluster(name)
  }

  /** Everything stored in a topic, by partition. */
  async stored(topic: string, clusterName = 'R_test'): Promise<Map<string, readonly StoredRecord[]>> {
    const cluster = this.cluster(clusterName)
    const byPartition = new Map<string, readonly StoredRecord[]>()
    for (const partition of await cluster.partitions(topic)) {
      const position = { topic, partition, offset: 0 }
      const limits = { maxBytes: 64 * 2 ** 20, maxWaitMs: 0 }
      const [result] = await cluster.read([position], limits, { deadlineMs: 5_000 })
      byPartition.set(partition, result?.records ?? [])
    }
    return byPartition
  }

  async bodies(topic: string, clusterName = 'R_test'): Promise<string[]> {
    const records = [...(await this.stored(topic, clusterName)).values()].flat()
    return records.map(record => Buffer.from(record.value ?? []).toString())
  }

  async connect(): Promise<TestClient> {
    const connection = await ThriftConnection.connect({
      host: '127.0.0.1',
      port: this.port,
      connectTimeoutMs: 3_000,
    })
    this.#connections.push(connection)
    return new TestClient(connection)
  }

  /** The value of one series, 0 when it does not exist. */
  async metric(name: string, labels: Readonly<Record<string, string>>): Promise<number> {
    const metric = await this.metrics.getSingleMetric(name)?.get()
    const value = metric?.values.find(candidate =>
      Object.entries(labels).every(([label, wanted]) => Reflect.get(candidate.labels, label) === wanted),
    )
    return value?.value ?? 0
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const cluster of this.connector.clusters.values()) cluster.open()
    await this.service.stop()
    for (const connection of this.#connections) connection.close()
    await this.connector.stopAdded()
    await this.#storage.stop()
    await this.#dir[Symbol.asyncDispose]()
  }
}

/** One client connection. */
export class TestClient {
  readonly connection: ThriftConnection

  constructor(connection: ThriftConnection) {
    this.connection = connection
  }

  sendSync(change: MessageChange, timeout = 5_000): Promise<Result> {
    return this.connection.call(producerService.sendSync, { message: message(change), timeout }, CALL)
  }
  sendAsync(change: MessageChange): Promise<Result> {
    return this.connection.call(producerService.sendAsync, { message: message(change) }, CALL)
  }
  sendBatch(changes: readonly MessageChange[] | undefined): Promise<Result> {
    return this.connection.call(producerService.sendBatchSync, { messages: changes?.map(message) }, CALL)
  }
  sendDelay(delayMessage: DelayMessage | undefined, timeout = 5_000): Promise<DelayResult> {
    return this.connection.call(producerService.sendDelaySync, { delayMessage, timeout }, CALL)
  }
}

/** A message to topic `t` with body `x`, except for what is given. */
function message({ body = 'x', value, hashId, ...change }: MessageChange): Message {
  const made = Object.assign(new Message(), { topic: 't', ...change })
  if (value === undefined) made.body = typeof body === 'string' ? Buffer.from(body) : body
  else made.value = Buffer.from(value)
  if (hashId !== undefined) {
    made.hashIdHigh = Number(BigInt.asIntN(32, BigInt(hashId) >> 32n))
    made.hashIdLow = Number(BigInt.asIntN(32, BigInt(hashId)))
  }
  return made
}
