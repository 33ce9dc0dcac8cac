import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { NodeProcess } from '@ddmq/testkit'
import type { Address } from '../load/session.ts'
import type { Bench } from '../report/scenario.ts'
import { DdmqHome } from './ddmq-home.ts'
import type { KafkaTopic } from './kafka-topic.ts'
import { type Health, Scraped } from './scraped.ts'

/**
 * The producer proxy as a process of its own on a Kafka. A console creates the topic and ends; the proxy then owns the
 * config tree that it left.
 */
export class KafkaProxy implements AsyncDisposable {
  readonly #home: DdmqHome
  readonly #process: NodeProcess

  private constructor(home: DdmqHome, process: NodeProcess) {
    this.#home = home
    this.#process = process
  }

  /** `name` is its folder's. */
  static async start(bench: Bench, name: string, kafka: KafkaTopic): Promise<KafkaProxy> {
    const home = await DdmqHome.create(bench, name)
    const { consoleFile, proxyFile } = await writeFiles(home, kafka.bootstrapServers)
    await using console = await home.serve('console', '--config', consoleFile)
    await home.run('topic', 'create', kafka.topic, '--partitions', `${kafka.partitions}`)
    console.kill('SIGTERM')
    await console.exited
    return new KafkaProxy(home, await home.serve('producer-proxy', '--config', proxyFile))
  }

  get pid(): number {
    const { pid } = this.#process
    if (pid === undefined) throw new Error('the proxy does not run')
    return pid
  }

  get producer(): Address {
    return { host: '127.0.0.1', port: this.#home.port('producer') }
  }

  async health(): Promise<Health> {
    return (await Scraped.from(this.#home.port('producerAdmin'))).health()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#process[Symbol.asyncDispose]()
  }
}

/** JSON is YAML too. */
async function writeFiles(
  home: DdmqHome,
  bootstrapServers: string,
): Promise<{ consoleFile: string; proxyFile: string }> {
  const shared = {
    registry: { embedded: { dir: join(home.dir, 'registry') } },
    brokerClusters: { R_default: { kafka: { bootstrapServers: bootstrapServers.split(',') } } },
  }
  const console = {
    database: { sqlite: { file: join(home.dir, 'console.db') } },
    seed: { producerProxies: [`127.0.0.1:${home.port('producer')}`] },
  }
  const consoleFile = join(home.dir, 'console.yaml')
  const proxyFile = join(home.dir, 'producer-proxy.yaml')
  await mkdir(home.dir, { recursive: true })
  await writeFile(consoleFile, JSON.stringify({ ...shared, console }))
  await writeFile(proxyFile, JSON.stringify(shared))
  return { consoleFile, proxyFile }
}
