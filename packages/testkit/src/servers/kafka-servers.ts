import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FaultProxy } from '../fault-proxy.ts'
import { classArchive, JAVA, javaArgs, javaMissing } from './java.ts'
import { kafkaConfig } from './kafka-config.ts'
import {
  KafkaLayout,
  type KafkaListeners,
  type KafkaPorts,
  type KafkaVersion,
  kafkaNodes,
} from './kafka-layout.ts'
import { formatStorage } from './kafka-storage.ts'
import { besidePom, mavenJars } from './maven-jars.ts'
import { logContains, ServerProcess } from './server-process.ts'

const HEAP_MB = 384
const STARTED = 'Kafka Server started'

export interface KafkaOptions {
  /** Newest 4.x by default; '3' is 3.9; '3.5' one that may leave transactions open for ever. */
  readonly version?: KafkaVersion
  /** With 3, topics have three replicas of which two must be in sync. */
  readonly brokers?: 1 | 3
  /** Over ours, as in server.properties. */
  readonly settings?: Readonly<Record<string, string>>
  readonly ports?: KafkaPorts
  /** Further listeners for clients; `settings` secure them (`listener.name.<name>.…`, in small letters). */
  readonly listeners?: KafkaListeners
  /** Kept at the end, and started with what it holds. Without it, a folder that is removed. */
  readonly dir?: string
  /** A fault proxy before each broker, which clients are told to connect to. */
  readonly proxied?: boolean
  /** Goes on when this process ends. */
  readonly outlives?: boolean
}

/** Why Kafka cannot run on this machine; undefined where it can. */
export function kafkaMissing(): string | undefined {
  return javaMissing()
}

/** A real Kafka on the loopback: `await using kafka = await startKafka()`. */
export async function startKafka(options: KafkaOptions = {}): Promise<KafkaServers> {
  const { version = '4', brokers = 1, settings = {}, listeners = {}, outlives = false, ports } = options
  const jars = await mavenJars(`kafka${version}`)
  const dir = options.dir ?? (await mkdtemp(join(tmpdir(), 'ddmq-kafka-')))
  const nodes = await kafkaNodes(dir, brokers, { listeners, ...(ports === undefined ? {} : { ports }) })
  const proxies = options.proxied
    ? await Promise.all(nodes.map(({ clientPort }) => FaultProxy.to(clientPort)))
    : []
  const layout = new KafkaLayout(
    version,
    nodes.map((node, index) => ({ ...node, advertisedPort: proxies[index]?.port ?? node.clientPort })),
    { settings, listeners },
  )
  const flags = await classArchive(jars, exercise(version, jars))
  const servers = new KafkaServers(layout, { dir, isKept: options.dir !== undefined, proxies }, id =>
    brokerProcess(layout, id, { jars, flags, outlives }),
  )
  await writeConfig(layout, jars)
  await servers.start()
  return servers
}

interface Owned {
  readonly dir: string
  readonly isKept: boolean
  readonly proxies: readonly FaultProxy[]
}

/** The brokers of one cluster, numbered from 1; each may be killed, frozen and started again with its data and ports. */
export class KafkaServers implements AsyncDisposable {
  readonly #layout: KafkaLayout
  readonly #owned: Owned
  readonly #brokers: ReadonlyMap<number, ServerProcess>

  constructor(layout: KafkaLayout, owned: Owned, create: (id: number) => ServerProcess) {
    this.#layout = layout
    this.#owned = owned
    this.#brokers = new Map(layout.nodes.map(({ id }) => [id, create(id)]))
  }

  get dir(): string {
    return this.#owned.dir
  }

  /** For clients, `host:port,…`. */
  get bootstrapServers(): string {
    return this.#layout.nodes.map(({ advertisedPort }) => `127.0.0.1:${advertisedPort}`).join()
  }

  /** As the brokers know each other: past fault proxies, never secured. */
  get directServers(): string {
    return this.#layout.nodes.map(({ brokerPort }) => `127.0.0.1:${brokerPort}`).join()
  }

  /** Of a further listener, `host:port,…`. */
  listener(name: string): string {
    return this.#layout.nodes
      .map(({ listenerPorts }) => {
        const port = listenerPorts[name]
        if (port === undefined) throw new Error(`there is no listener ${name}`)
        return `127.0.0.1:${port}`
      })
      .join()
  }

  get brokerIds(): readonly number[] {
    return [...this.#brokers.keys()]
  }

  broker(id: number): ServerProcess {
    const broker = this.#brokers.get(id)
    if (broker === undefined) throw new Error(`there is no broker ${id}`)
    return broker
  }

  /** Between clients and that broker, where `proxied`. */
  proxy(id: number): FaultProxy {
    const proxy = this.#owned.proxies[this.brokerIds.indexOf(id)]
    if (proxy === undefined) throw new Error(`broker ${id} has no proxy`)
    return proxy
  }

  /** Starts the brokers that are down, together: one alone has no quorum to become ready in. */
  async start(): Promise<void> {
    const down = [...this.#brokers.values()].filter(broker => !broker.isRunning)
    try {
      await Promise.all(down.map(broker => broker.start()))
    } catch (thrown) {
      await this[Symbol.asyncDispose]()
      throw thrown
    }
  }

  /** kill −9 of all of them. */
  async kill(): Promise<void> {
    await Promise.all([...this.#brokers.values()].map(broker => broker.kill()))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
    await Promise.all(this.#owned.proxies.map(proxy => proxy[Symbol.asyncDispose]()))
    if (!this.#owned.isKept) await rm(this.#owned.dir, { recursive: true, force: true })
  }
}

interface BrokerRun {
  readonly jars: string
  readonly flags: readonly string[]
  readonly outlives?: boolean
}

function brokerProcess(layout: KafkaLayout, id: number, { jars, flags, outlives = false }: BrokerRun) {
  const { dir } = layout.node(id)
  const java = javaArgs({
    jars,
    mainClass: 'kafka.Kafka',
    heapMb: HEAP_MB,
    flags: [...flags, logging(layout.version)],
  })
  return new ServerProcess({
    name: `Kafka ${layout.version} broker ${id}`,
    program: JAVA,
    args: [...java, join(dir, 'server.properties')],
    logFile: join(dir, 'log'),
    ready: server => logContains(server, STARTED),
    outlives,
  })
}

function logging(version: KafkaVersion): string {
  return version === '4'
    ? `-Dlog4j2.configurationFile=${besidePom('kafka4', 'log4j2.properties')}`
    : `-Dlog4j.configuration=file:${besidePom('kafka3', 'log4j.properties')}`
}

async function writeConfig(layout: KafkaLayout, jars: string): Promise<void> {
  for (const { id, dir } of layout.nodes) {
    await mkdir(dir, { recursive: true })
    await writeFile(join(dir, 'server.properties'), kafkaConfig(layout, id))
  }
  await formatStorage(layout, jars)
}

/** One start and stop of a broker, for the archive of its classes. */
function exercise(version: KafkaVersion, jars: string) {
  return async (flags: readonly string[], dir: string): Promise<void> => {
    const layout = new KafkaLayout(version, await kafkaNodes(join(dir, 'run'), 1))
    await writeConfig(layout, jars)
    await using broker = brokerProcess(layout, 1, { jars, flags })
    await broker.start()
    await broker.stop()
    await rm(join(dir, 'run'), { recursive: true })
  }
}
