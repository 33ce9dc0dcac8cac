import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ThriftConnection } from '@ddmq/common/thrift'
import {
  type Consumer,
  type ConsumerOptions,
  createConsumer,
  createProducer,
  type Producer,
  type ProducerOptions,
} from '@ddmq/sdk'
import { tempDir } from '@ddmq/testkit'
import { onTestFinished } from 'vitest'
import { z } from 'zod'
import { ConsoleClient } from '../../../src/console-client.ts'
import { runFilePath } from '../../../src/environment.ts'
import { readRunFile } from '../../../src/run-file.ts'
import { Ddmq } from '../ddmq-process.ts'

export interface QueueOptions {
  readonly partitions?: number
  readonly tps?: number
  /** Members of the subscription, as the console takes them. */
  readonly subscription?: Readonly<Record<string, unknown>>
}

/** A topic and the group that receives it, under names of their own. */
export interface Queue {
  readonly topic: string
  readonly group: string
}

let made = 0

/** A name nobody else in this file uses. */
export function unique(what: string): string {
  made += 1
  return `${what}_${made}`
}

/** One `ddmq up` that the tests of a file share: `beforeAll` starts it, `afterAll` disposes of it. */
export class RunningDdmq implements AsyncDisposable {
  readonly ddmq: Ddmq
  readonly home: string
  readonly #ends: (() => Promise<void>)[] = []

  private constructor(home: { readonly path: string } & AsyncDisposable) {
    this.home = home.path
    this.ddmq = new Ddmq(home.path, end => this.#ends.unshift(end))
    this.#ends.push(async () => home[Symbol.asyncDispose]())
  }

  /** With this configuration in its file, which is JSON and so YAML too. */
  static async start(config: object = {}): Promise<RunningDdmq> {
    const running = new RunningDdmq(await tempDir())
    try {
      await writeFile(running.#configFile, JSON.stringify(config))
      await running.up()
    } catch (thrown) {
      await running[Symbol.asyncDispose]()
      throw thrown
    }
    return running
  }

  /** Starts the process anew after it ended, with the same folder and configuration. */
  async up(): Promise<void> {
    await this.ddmq.up('--config', this.#configFile)
  }

  async createTopic(
    topic: string,
    options: { readonly partitions?: number; readonly tps?: number } = {},
  ): Promise<void> {
    await (await this.#console()).post('/topics', { topic, partitions: 1, ...options }, z.unknown())
  }

  async createQueue({ subscription, ...topicOptions }: QueueOptions = {}): Promise<Queue> {
    const topic = unique('t')
    await this.createTopic(topic, topicOptions)
    return { topic, group: await this.subscribe(topic, subscription) }
  }

  /** A new group that receives the topic. */
  async subscribe(topic: string, subscription: QueueOptions['subscription'] = {}): Promise<string> {
    const group = unique('cg')
    const console = await this.#console()
    await console.post('/groups', { group }, z.unknown())
    await console.post('/subscriptions', { group, topic, ...subscription }, z.unknown())
    return group
  }

  async producer(options: Partial<ProducerOptions> = {}): Promise<Producer> {
    const endpoints = [`127.0.0.1:${this.ddmq.port(9613)}`]
    const producer = await createProducer({
      endpoints,
      proxyTimeoutMs: 5000,
      requestTimeoutMs: 10_000,
      deadlineMs: 20_000,
      ...options,
    })
    onTestFinished(() => producer.close({ timeoutMs: 0 }))
    return producer
  }

  async consumer(group: string, options: Partial<ConsumerOptions> = {}): Promise<Consumer> {
    const endpoints = [`127.0.0.1:${this.ddmq.port(9713)}`]
    const consumer = await createConsumer({ endpoints, group, lingerMs: 200, ...options })
    onTestFinished(async () => void (await consumer.stop({ timeoutMs: 0 })))
    return consumer
  }

  /** A Thrift connection to the producer (9613) or the consumer proxy (9713). */
  async connect(base: 9613 | 9713): Promise<ThriftConnection> {
    const connection = await ThriftConnection.connect({
      host: '127.0.0.1',
      port: this.ddmq.port(base),
      connectTimeoutMs: 5000,
    })
    onTestFinished(() => connection.close())
    return connection
  }

  /** The sum of all series of a metric. */
  async metric(name: string): Promise<number> {
    const response = await fetch(`http://127.0.0.1:${this.ddmq.port(9610)}/metrics`)
    const series = (await response.text()).split('\n').filter(line => /^[a-z_]+/.exec(line)?.[0] === name)
    return series.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
  }

  /** Greatest resident set of the process so far. Only Linux tells it: 0 elsewhere. */
  async peakRssBytes(): Promise<number> {
    if (process.platform !== 'linux') return 0
    const status = await readFile(`/proc/${this.ddmq.pid}/status`, 'utf8')
    const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(status) ?? []
    return Number(kilobytes) * 1024
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const end of this.#ends) await end()
  }

  get #configFile(): string {
    return join(this.home, 'ddmq.yaml')
  }

  async #console(): Promise<ConsoleClient> {
    const port = this.ddmq.port(8080)
    const runFile = await readRunFile(runFilePath({ XDG_DATA_HOME: this.home }, port))
    if (runFile === undefined) throw new Error('up is not running')
    return new ConsoleClient(runFile.console, runFile.token)
  }
}
