import { join } from 'node:path'
import { ByteBudget } from '@ddmq/common/async'
import { systemClock } from '@ddmq/common/clock'
import {
  type ConsumeResult,
  type ConsumeStats,
  consumerService,
  type PullRequest,
  type PullResponse,
} from '@ddmq/common/idl'
import { type Health, Service } from '@ddmq/common/lifecycle'
import { createLogger } from '@ddmq/common/log'
import { MetricsRegistry } from '@ddmq/common/metrics'
import {
  type CProxyConfig,
  cproxyConfigSchema,
  EmbeddedRegistry,
  type GroupConfig,
  groupConfigSchema,
  type UpstreamTopic,
} from '@ddmq/common/registry'
import { ThriftConnection } from '@ddmq/common/thrift'
import { type ClusterConnector, type Header, sharedClusters } from '@ddmq/storage'
import { EmbeddedCluster } from '@ddmq/storage/embedded'
import { freePort } from '@ddmq/testkit'
import type { z } from 'zod'
import { composeConsumerProxy, consumerProxyConfigSchema } from '../../src/index.ts'

type ConfigInput = z.input<typeof consumerProxyConfigSchema>

/** A consumer proxy as a process has it, with its engine and config tree in one folder. */
export class TestProxy implements AsyncDisposable {
  readonly instance: string
  /** The one that is there without anybody adding it. */
  readonly cluster: EmbeddedCluster
  readonly #connector: ClusterConnector
  readonly registry: EmbeddedRegistry
  readonly metrics = new MetricsRegistry()
  readonly budget = new ByteBudget(64 * 1024 * 1024)
  readonly #port: number
  readonly #service: Service
  readonly #connections: ThriftConnection[] = []

  private constructor(dir: string, port: number, config: ConfigInput, connector?: ClusterConnector) {
    const log = createLogger({ level: 'silent', pretty: false })
    this.#port = port
    this.instance = `127.0.0.1:${port}`
    this.cluster = new EmbeddedCluster({
      clusterName: 'R_default',
      dir: join(dir, 'log'),
      fsync: false,
      clock: systemClock,
      log,
    })
    this.registry = new EmbeddedRegistry({ dir: join(dir, 'registry'), log })
    const { cluster } = this
    this.#connector = connector ?? sharedClusters([cluster])
    const proxy = composeConsumerProxy(consumerProxyConfigSchema.parse({ port, drainMs: 300, ...config }), {
      clock: systemClock,
      log,
      metrics: this.metrics,
      budget: this.budget,
      registry: this.registry,
      connector: this.#connector,
    })
    const firstDocuments = {
      name: 'first-documents',
      start: () => this.writeNode(),
      stop: async () => undefined,
    }
    this.#service = new Service({
      name: 'test',
      components: [cluster, this.registry, firstDocuments, ...proxy],
      log,
      stopTimeoutMs: 10_000,
    })
  }

  /** On the same folder as an earlier one it goes on where that one ended. */
  static async start(
    dir: string,
    config: ConfigInput = {},
    connector?: ClusterConnector,
  ): Promise<TestProxy> {
    const proxy = new TestProxy(dir, await freePort(), config, connector)
    await proxy.#service.start()
    return proxy
  }

  /** Makes the topics, and serves the group with these subscriptions. */
  async serve(
    group: string,
    ...topics: (Partial<UpstreamTopic> & { topic: string; partitions?: number })[]
  ): Promise<void> {
    for (const { topic, partitions = 1 } of topics) {
      const known = await this.cluster.admin.describeTopic(topic)
      if (known === undefined) await this.cluster.admin.createTopic({ topic, partitions })
    }
    await this.registry.put('group', group, this.groupDocument(group, ...topics))
    const node = await this.registry.get('cproxy', this.instance)
    const groups = new Set([...(node?.value.groups ?? []), group])
    await this.writeNode({ ...node?.value, groups: [...groups] })
  }

  groupDocument(group: string, ...topics: Partial<UpstreamTopic>[]): GroupConfig {
    return groupConfigSchema.parse({
      group,
      topics: topics.map(topic => ({
        brokerCluster: 'R_default',
        proxies: { C_default: [this.instance] },
        enabled: true,
        actions: ['Async', 'PullServer'],
        totalMaxTps: 1e6,
        ...topic,
      })),
    })
  }

  async append(
    topic: string,
    partition: number,
    values: readonly (string | Uint8Array)[],
    headers: Header[] = [],
  ) {
    const records = values.map(value => ({
      key: Buffer.from('k'),
      value: typeof value === 'string' ? Buffer.from(value) : value,
      headers,
      timestampMs: Date.now(),
    }))
    const appends = [{ topic, partition: String(partition), records }]
    const [outcome] = await this.cluster.append(appends, { deadlineMs: 5000 })
    if (outcome === undefined || 'error' in outcome) throw new Error('append failed')
  }

  async committed(group: string, topic: string): Promise<number[]> {
    return (await this.cluster.admin.lag(group, topic)).map(lag => lag.committedOffset)
  }

  async connect(): Promise<TestClient> {
    const connection = await ThriftConnection.connect({
      host: '127.0.0.1',
      port: this.#port,
      connectTimeoutMs: 3000,
    })
    this.#connections.push(connection)
    return new TestClient(connection)
  }

  /** Sum of the series of a metric whose labels hold this text. */
  async metric(noun: string, label: string): Promise<number> {
    const lines = (await this.metrics.metrics()).split('\n')
    const series = lines.filter(
      line => line.startsWith(`ddmq_consumer_proxy_${noun}{`) && line.includes(`"${label}"`),
    )
    return series.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
  }

  get port(): number {
    return this.#port
  }

  health(): Health {
    return this.#service.health()
  }

  async stop(): Promise<void> {
    await this.#service.stop()
    for (const connection of this.#connections) connection.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  async writeNode(changes: Partial<CProxyConfig> = {}): Promise<void> {
    const node = cproxyConfigSchema.parse({
      instance: this.instance,
      proxyCluster: 'C_default',
      brokerClusters: ['R_default'],
      embeddedConfigs: { R_default: { clusterName: 'R_default' } },
      thriftServer: {},
      ...changes,
    })
    await this.registry.put('cproxy', this.instance, node)
  }
}

/** One client connection. */
export class TestClient {
  readonly connection: ThriftConnection

  constructor(connection: ThriftConnection) {
    this.connection = connection
  }

  pull(groupId: string, request: Partial<PullRequest> = {}): Promise<PullResponse> {
    const full = { maxLingerTime: 5000, ...request, groupId }
    return this.connection.call(consumerService.pull, { request: full }, { timeoutMs: 20_000 })
  }

  submit(result: ConsumeResult): Promise<boolean> {
    return this.connection.call(consumerService.submit, { result }, { timeoutMs: 20_000 })
  }

  stats(group: string): Promise<readonly ConsumeStats[]> {
    return this.connection.call(
      consumerService.getConsumeStats,
      { request: { group } },
      { timeoutMs: 20_000 },
    )
  }

  /** Pulls and confirms until `count` messages came; answers their bodies. */
  async consume(groupId: string, count: number): Promise<string[]> {
    const bodies: string[] = []
    while (bodies.length < count) {
      const response = await this.pull(groupId)
      if (response.messages.length === 0) throw new Error(`only ${bodies.length} of ${count} messages came`)
      bodies.push(...bodiesOf(response))
      await this.submit(allOf(response))
    }
    return bodies
  }
}

export function bodiesOf(response: PullResponse): string[] {
  return response.messages.map(message => String(Buffer.from(message.value ?? [])))
}

export function offsetsOf(response: PullResponse): number[] {
  return response.messages.map(message => message.offset)
}

/** Confirms everything of a reply. */
export function allOf(response: PullResponse): ConsumeResult {
  return { context: response.context, successOffsets: offsetsOf(response) }
}
