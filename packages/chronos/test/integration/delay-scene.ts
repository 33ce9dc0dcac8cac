import { randomUUID } from 'node:crypto'
import type { Component } from '@ddmq/common/lifecycle'
import { Service } from '@ddmq/common/lifecycle'
import { type EmbeddedRegistry, topicConfigSchema } from '@ddmq/common/registry'
import type { LogCluster } from '@ddmq/storage'
import { delayTableSpec, delayTableTopic } from '@ddmq/storage/delay'
import type { LogLine } from '@ddmq/testkit'
import {
  type Added,
  type AddOptions,
  addMessage,
  cancelMessage,
  type DelayLog,
  readTopic,
} from './delay-log.ts'
import { CLUSTER, TestChronos, type TestChronosOptions } from './test-chronos.ts'

/** Shards in all these tests. */
export const SHARDS = 2

export interface TopicSettings {
  readonly paused?: boolean
  readonly totalMaxTps?: number
}

export interface DelaySceneOptions extends Omit<TestChronosOptions, 'registry'> {
  readonly cluster: LogCluster
  /** Started before and stopped after the delay service. */
  readonly before: readonly Component[]
  readonly registry: EmbeddedRegistry
  readonly lines: readonly LogLine[]
}

/** A broker cluster with a table, a delay service, and what clients of both would do. */
export class DelayScene implements DelayLog, AsyncDisposable {
  readonly cluster: LogCluster
  readonly table: string
  /** All that was logged. */
  readonly lines: readonly LogLine[]
  readonly #options: DelaySceneOptions
  readonly #storage: Service
  #chronos: TestChronos | undefined

  private constructor(options: DelaySceneOptions) {
    this.#options = options
    this.cluster = options.cluster
    this.table = delayTableTopic(options.innerTopicPrefix)
    this.lines = options.lines
    this.#storage = new Service({
      name: 'storage',
      components: [...options.before, options.registry],
      log: options.log,
      stopTimeoutMs: 20_000,
    })
  }

  /** With the table; the delay service is started by itself. */
  static async open(options: DelaySceneOptions): Promise<DelayScene> {
    const scene = new DelayScene(options)
    await scene.#storage.start()
    const { admin } = scene.cluster
    if ((await admin.describeTopic(scene.table)) === undefined) {
      await admin.createTopic(delayTableSpec(options.innerTopicPrefix, SHARDS))
    }
    return scene
  }

  async start(config: object = {}): Promise<this> {
    this.#chronos = await TestChronos.start({
      ...this.#options,
      config: { ...this.#options.config, ...config },
    })
    return this
  }

  async stop(): Promise<void> {
    await this.#chronos?.[Symbol.asyncDispose]()
    this.#chronos = undefined
  }

  /** As they are scraped. */
  async metrics(): Promise<string> {
    return `${await this.#chronos?.metrics.metrics()}`
  }

  /** A topic of its own for delayed messages. */
  async topic(settings?: TopicSettings): Promise<string> {
    const topic = `later.${randomUUID()}`
    if (settings !== undefined) await this.configure(topic, settings)
    await this.cluster.admin.createTopic({ topic, partitions: 2 })
    return topic
  }

  /** What the config tree says of a topic. */
  async configure(topic: string, { paused = false, totalMaxTps = 100_000 }: TopicSettings): Promise<void> {
    const document = topicConfigSchema.parse({
      topic,
      delayTopic: true,
      topicUnits: [{ brokerCluster: CLUSTER, totalMaxTps }],
      delay: { paused },
    })
    await this.#options.registry.put('topic', topic, document)
  }

  add(dueMs: number, options: AddOptions): Promise<Added> {
    return addMessage(this, dueMs, options)
  }

  cancel(message: Pick<Added, 'id' | 'topic'>, round = 0): Promise<void> {
    return cancelMessage(this, message, round)
  }

  /** Bodies that were delivered to a topic, in no order. */
  async bodies(topic: string): Promise<readonly string[]> {
    return (await readTopic(this.cluster, topic)).map(({ value }) => `${value?.toString()}`).toSorted()
  }

  async keys(topic: string): Promise<readonly string[]> {
    return (await readTopic(this.cluster, topic)).map(({ key }) => `${key?.toString()}`).toSorted()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
    await this.#storage.stop()
  }
}
