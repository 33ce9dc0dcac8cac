import { ByteBudget } from '@ddmq/common/async'
import { systemClock } from '@ddmq/common/clock'
import { createLogger } from '@ddmq/common/log'
import { MetricsRegistry } from '@ddmq/common/metrics'
import {
  type CProxyConfig,
  cproxyConfigSchema,
  type GroupConfig,
  groupConfigSchema,
  type UpstreamTopic,
} from '@ddmq/common/registry'
import type { Header } from '@ddmq/storage'
import { EmbeddedCluster, type EmbeddedClusterOptions } from '@ddmq/storage/embedded'
import { tempDir } from '@ddmq/testkit'
import { UndiciPushClient } from '../../src/adapters/http-push/undici-push-client.ts'
import { ConsumerGroup, type GroupDeps, type GroupSettings } from '../../src/app/consumer-group.ts'
import { DEFAULT_PUSH_RULES, HttpPush } from '../../src/app/push/http-push.ts'
import type { PullBatch } from '../../src/core/pull-queue.ts'
import { ConsumerProxyMetrics } from '../../src/metrics.ts'
import { PushMetrics } from '../../src/push-metrics.ts'

export const INSTANCE = '127.0.0.1:9713'

const SETTINGS: GroupSettings = {
  fetch: { maxBytes: 1_048_576, maxWaitMs: 2000 },
  commitIntervalMs: 1000,
  drainMs: 300,
  maxParkedPulls: 1000,
  idleStopMs: 60_000,
}

export const PROXY: CProxyConfig = cproxyConfigSchema.parse({
  instance: INSTANCE,
  proxyCluster: 'C_default',
  brokerClusters: ['R_default'],
  embeddedConfigs: { R_default: { clusterName: 'R_default' } },
  thriftServer: {},
})

export function groupDocument(group: string, ...topics: Partial<UpstreamTopic>[]): GroupConfig {
  return groupConfigSchema.parse({
    group,
    topics: topics.map(topic => ({
      brokerCluster: 'R_default',
      proxies: { C_default: [INSTANCE] },
      enabled: true,
      actions: ['Async', 'PullServer'],
      totalMaxTps: 1e6,
      ...topic,
    })),
  })
}

/** A group on a real embedded engine, without the Thrift server. */
export async function groupFixture(
  options: { settings?: Partial<GroupSettings>; engine?: Partial<EmbeddedClusterOptions> } = {},
) {
  const dir = await tempDir()
  const log = createLogger({ level: 'silent', pretty: false })
  const cluster = new EmbeddedCluster({
    clusterName: 'R_default',
    dir: dir.path,
    fsync: false,
    clock: systemClock,
    log,
    ...options.engine,
  })
  await cluster.start()
  const clusters = {
    get: (name: string) => (name === 'R_default' ? cluster : undefined),
    isConnecting: () => false,
    want: () => undefined,
    tried: async () => undefined,
  }
  const budget = new ByteBudget(16 * 1024 * 1024)
  const client = new UndiciPushClient()
  const registry = new MetricsRegistry()
  const pushMetrics = new PushMetrics(registry)
  const deps: GroupDeps & { readonly clusters: typeof clusters } = {
    clusters,
    clock: systemClock,
    log,
    metrics: new ConsumerProxyMetrics(registry),
    budget,
    settings: { ...SETTINGS, ...options.settings },
    createHttpPush: () =>
      new HttpPush({
        client,
        clock: systemClock,
        random: Math.random,
        log,
        observer: pushMetrics,
        rules: DEFAULT_PUSH_RULES,
      }),
  }
  const groups: ConsumerGroup[] = []
  return {
    cluster,
    budget,
    deps,
    registry,
    createGroup(name: string): ConsumerGroup {
      const group = new ConsumerGroup(name, deps)
      groups.push(group)
      return group
    },
    async append(
      topic: string,
      partition: string,
      values: readonly (string | Uint8Array)[],
      headers: Header[] = [],
    ) {
      const records = values.map(value => ({
        key: null,
        value: typeof value === 'string' ? Buffer.from(value) : value,
        headers,
        timestampMs: Date.now(),
      }))
      const [outcome] = await cluster.append([{ topic, partition, records }], { deadlineMs: 5000 })
      if (outcome === undefined || 'error' in outcome) throw new Error('append failed')
      return outcome.baseOffset
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(groups.map(group => group.stop(AbortSignal.timeout(5000))))
      await client.close()
      await cluster.stop()
      await dir[Symbol.asyncDispose]()
    },
  }
}

export type GroupFixture = Awaited<ReturnType<typeof groupFixture>>

/** One pull of any topic; waits up to `lingerMs`. */
export function pullFrom(
  group: ConsumerGroup,
  maxMessages = 0,
  lingerMs = 5000,
): Promise<PullBatch | undefined> {
  group.notePull()
  const { promise, resolve } = Promise.withResolvers<PullBatch | undefined>()
  group.buffer.pull({ topic: undefined, maxMessages, maxBytes: 4_194_304 }, lingerMs, resolve)
  return promise
}

/** Pulls and confirms until `count` messages came; answers their bodies. */
export async function consume(group: ConsumerGroup, count: number): Promise<string[]> {
  const bodies: string[] = []
  while (bodies.length < count) {
    const batch = await pullFrom(group)
    if (batch === undefined) throw new Error(`only ${bodies.length} of ${count} messages came`)
    bodies.push(...batch.entries.map(entry => String(Buffer.from(entry.job.record.value ?? []))))
    confirm(group, batch)
    await group.commitReported()
  }
  return bodies
}

export function confirm(group: ConsumerGroup, batch: PullBatch): void {
  const { topic, qid } = batch
  group.report({
    context: { groupId: group.name, topic, qid },
    successOffsets: batch.entries.map(entry => entry.offset),
  })
}
