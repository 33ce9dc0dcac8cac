import { readFile, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { type Consumer, createConsumer, createProducer, type Producer } from '@ddmq/sdk'
import { eventually, kafkaMissing, mariaDbMissing, serverPorts, tempDir } from '@ddmq/testkit'
import { onTestFinished } from 'vitest'
import { Ddmq } from '../ddmq-process.ts'

/** The offsets of `Ddmq` begin above these, and a dev-cluster takes no port that they lead to. */
const OFFSET_STEP = 11
const STEPS = 99

interface ProcessStatus {
  readonly name: string
  readonly address: string
  readonly pid?: number
  readonly state: string
}

interface Readiness {
  readonly status: 'ready' | 'not ready'
  readonly reason?: string
  readonly degraded?: string
}

const ADMIN_PORTS: ReadonlyMap<string, number> = new Map([
  ['console', 9610],
  ['producer-proxy-1', 9611],
  ['producer-proxy-2', 9615],
  ['consumer-proxy-1', 9612],
  ['consumer-proxy-2', 9616],
  ['chronos-1', 9617],
  ['chronos-2', 9618],
])

/** Why no dev-cluster can run on this machine; undefined where one can. */
export async function clusterMissing(): Promise<string | undefined> {
  return kafkaMissing() ?? (await mariaDbMissing())
}

/** One dev-cluster that the tests of a file share: `beforeAll` starts it, `afterAll` disposes of it. */
export class RunningCluster implements AsyncDisposable {
  readonly ddmq: Ddmq
  readonly home: string
  readonly #ends: (() => Promise<void>)[] = []

  private constructor(home: { readonly path: string } & AsyncDisposable) {
    this.home = home.path
    const offset = OFFSET_STEP * (1 + (process.pid % STEPS))
    this.ddmq = new Ddmq(home.path, end => this.#ends.unshift(end), offset)
    this.#ends.push(async () => home[Symbol.asyncDispose]())
  }

  /** Nothing is started yet. */
  static async prepare(): Promise<RunningCluster> {
    return new RunningCluster(await tempDir())
  }

  static async start(): Promise<RunningCluster> {
    const cluster = await RunningCluster.prepare()
    try {
      await cluster.up()
    } catch (thrown) {
      await cluster[Symbol.asyncDispose]()
      throw thrown
    }
    return cluster
  }

  /** Starts what does not run; answers what was printed. */
  async up(): Promise<string> {
    const { code, stdout, stderr } = await this.startUp().finished
    if (code !== 0) throw new Error(`dev-cluster up ended with ${code}: ${stderr}`)
    return stdout
  }

  /** The command itself; the caller may end it early. */
  startUp(): ReturnType<Ddmq['startDevCluster']> {
    return this.ddmq.startDevCluster('up', '--data', this.dataDir)
  }

  get dataDir(): string {
    return join(this.home, 'cluster')
  }

  async status(): Promise<readonly ProcessStatus[]> {
    const { stdout } = await this.ddmq.startDevCluster('status', '--data', this.dataDir, '--json').finished
    return stdout
      .split('\n')
      .filter(line => line !== '')
      .map(line => JSON.parse(line) as ProcessStatus)
  }

  /** kill −9. */
  async kill(name: string): Promise<void> {
    const pid = (await this.status()).find(each => each.name === name)?.pid
    if (pid === undefined) throw new Error(`${name} is not running`)
    process.kill(pid, 'SIGKILL')
    await eventually(async () => {
      const state = (await this.status()).find(each => each.name === name)?.state
      if (state !== 'not running') throw new Error(`${name} is ${state}`)
    })
  }

  addresses(kind: 'kafka' | 'zookeeper' | 'producer-proxy' | 'consumer-proxy'): readonly string[] {
    const ports = {
      kafka: [13_092, 13_093, 13_094],
      zookeeper: [12_180, 12_181, 12_182],
      'producer-proxy': [9613, 9614],
      'consumer-proxy': [9713, 9714],
    }[kind]
    return ports.map(port => `127.0.0.1:${this.ddmq.port(port)}`)
  }

  /** Name of the ZooKeeper server that leads. */
  async zooKeeperLeader(): Promise<string> {
    return eventually(async () => {
      const modes = await Promise.all(this.addresses('zookeeper').map(modeOf))
      const leader = modes.indexOf('leader')
      if (leader < 0) throw new Error(`no leader among ${modes.join(', ')}`)
      return `zookeeper-${leader + 1}`
    })
  }

  /** What `/readyz` of one of our services answers. */
  async readiness(name: string): Promise<Readiness> {
    return readinessAt(this.#admin(name))
  }

  /** Starts one of our services that was killed as a process of the test. */
  startService(name: string): ReturnType<Ddmq['start']> {
    const config = join(this.dataDir, 'config', `${name}.yaml`)
    return this.ddmq.start(name.replace(/-\d+$/, ''), '--config', config)
  }

  /** A further configuration file like that of a service, with listeners of its own. */
  async writeConfig(name: string, edit: (original: string) => string) {
    const original = await readFile(join(this.dataDir, 'config', `${name}.yaml`), 'utf8')
    const [admin = 0, port = 0] = await serverPorts(2)
    const own = original
      .replace(/^admin: .*$/m, `admin: { host: 127.0.0.1, port: ${admin} }`)
      .replace(/^ {2}port: .*$/m, `  port: ${port}`)
    const file = join(this.home, `${name}-${admin}.yaml`)
    await writeFile(file, edit(own))
    return { file, readiness: () => readinessAt(admin) }
  }

  async producer(endpoints = this.addresses('producer-proxy')): Promise<Producer> {
    const producer = await createProducer({
      endpoints,
      proxyTimeoutMs: 5000,
      requestTimeoutMs: 10_000,
      deadlineMs: 20_000,
    })
    onTestFinished(() => producer.close({ timeoutMs: 0 }))
    return producer
  }

  async consumer(group: string): Promise<Consumer> {
    const consumer = await createConsumer({
      endpoints: this.addresses('consumer-proxy'),
      group,
      lingerMs: 200,
    })
    onTestFinished(async () => void (await consumer.stop({ timeoutMs: 0 })))
    return consumer
  }

  /** A topic and a group that receives it. */
  async createQueue(
    name: string,
    partitions = 4,
  ): Promise<{ readonly topic: string; readonly group: string }> {
    const queue = { topic: `t_${name}`, group: `cg_${name}` }
    await this.ddmq.json('topic', 'create', queue.topic, '--partitions', String(partitions))
    await this.ddmq.json('group', 'create', queue.group)
    await this.ddmq.json('sub', 'create', queue.group, queue.topic)
    return queue
  }

  #admin(name: string): number {
    const port = ADMIN_PORTS.get(name)
    if (port === undefined) throw new Error(`${name} is no service`)
    return this.ddmq.port(port)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.ddmq.startDevCluster('down', '--data', this.dataDir).finished
    for (const end of this.#ends) await end()
  }
}

/** What `/readyz` answers; throws while nothing does. */
async function readinessAt(admin: number): Promise<Readiness> {
  const response = await fetch(`http://127.0.0.1:${admin}/readyz`)
  return (await response.json()) as Readiness
}

/** What a ZooKeeper server says it is: leader, follower or nothing. */
async function modeOf(address: string): Promise<string | undefined> {
  const { hostname, port } = new URL(`tcp://${address}`)
  const socket = connect({ host: hostname, port: Number(port) })
  try {
    socket.write('srvr')
    return /^Mode: (\w+)$/m.exec(await text(socket))?.[1]
  } catch {
    return undefined // it is down
  }
}
