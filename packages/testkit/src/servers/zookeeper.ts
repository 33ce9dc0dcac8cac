import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fourLetterWord } from './four-letter-word.ts'
import { besidePom, mavenJars } from './maven-jars.ts'
import { missingPrograms } from './requirement.ts'
import { run } from './run.ts'
import { serverPorts } from './server-port.ts'
import { ServerProcess } from './server-process.ts'

export interface ZooKeeperOptions {
  readonly nodes: 1 | 3
  /** Kept at the end, and started from when it holds data. Without it: a temporary folder, removed at the end. */
  readonly dir?: string
  /** The client ports, then (of three nodes) the quorum ports, then the election ports. Those left out are drawn. */
  readonly ports?: readonly number[]
  /** True: the servers go on when this process ends. */
  readonly outlives?: boolean
  /** Further lines of `zoo.cfg`. */
  readonly settings?: Readonly<Record<string, string | number>>
  /** JVM options, such as `-Dname=value`. */
  readonly jvm?: readonly string[]
}

type ZooKeeperMode = 'standalone' | 'leader' | 'follower'

/** Why no ZooKeeper can be started on this machine; undefined where it can. */
export function zookeeperMissing(): string | undefined {
  return missingPrograms('java', 'mvn', 'setpriv')
}

/** Apache ZooKeeper 3.9 on the loopback, ready when it resolves. */
export async function startZooKeeper(options: ZooKeeperOptions): Promise<ZooKeeperEnsemble> {
  const jars = await mavenJars('zookeeper')
  const dir = options.dir ?? (await mkdtemp(join(tmpdir(), 'ddmq-zookeeper-')))
  const given = options.ports ?? []
  const drawn = await serverPorts(options.nodes * 3)
  const ports = drawn.map((port, index) => given[index] ?? port)
  const nodes = Array.from(
    { length: options.nodes },
    (_, index) =>
      new ZooKeeperNode({ id: index + 1, options, dir: join(dir, String(index + 1)), ports, jars }),
  )
  const ensemble = new ZooKeeperEnsemble(nodes, jars, options.dir === undefined ? dir : undefined)
  try {
    await ensemble.start()
  } catch (thrown) {
    await ensemble[Symbol.asyncDispose]()
    throw thrown
  }
  return ensemble
}

interface NodeSetup {
  readonly id: number
  readonly options: ZooKeeperOptions
  readonly dir: string
  readonly ports: readonly number[]
  readonly jars: string
}

/** One server: `process` kills, freezes and thaws it; `process.start()` brings a killed one back with its data. */
export class ZooKeeperNode {
  readonly id: number
  readonly port: number
  readonly process: ServerProcess
  readonly #setup: NodeSetup

  constructor(setup: NodeSetup) {
    const { id, dir, jars, options } = setup
    this.#setup = setup
    this.id = id
    this.port = setup.ports[id - 1] ?? 0
    this.process = new ServerProcess({
      name: `zookeeper ${id}`,
      program: 'java',
      args: [
        '-Xms64m',
        '-Xmx192m',
        '-XX:+UseSerialGC',
        '-XX:TieredStopAtLevel=1',
        '-Djava.net.preferIPv4Stack=true',
        `-Dlogback.configurationFile=${besidePom('zookeeper', 'logback.xml')}`,
        ...(options.jvm ?? []),
        '-cp',
        `${jars}/*`,
        'org.apache.zookeeper.server.quorum.QuorumPeerMain',
        join(dir, 'zoo.cfg'),
      ],
      logFile: join(dir, 'log'),
      outlives: options.outlives ?? false,
      ready: async () => {
        if ((await this.mode()) === undefined) throw new Error('it serves no requests yet')
      },
    })
  }

  get address(): string {
    return `127.0.0.1:${this.port}`
  }

  /** What it is now; undefined while it serves no requests. */
  async mode(): Promise<ZooKeeperMode | undefined> {
    const answer = await fourLetterWord(this.port, 'srvr').catch(() => '')
    const word = /^Mode: (\w+)$/m.exec(answer)?.[1]
    return word === 'standalone' || word === 'leader' || word === 'follower' ? word : undefined
  }

  async configure(): Promise<void> {
    const { id, options, dir, ports } = this.#setup
    const data = join(dir, 'data')
    await mkdir(data, { recursive: true })
    await writeFile(join(data, 'myid'), String(id))
    const settings: Readonly<Record<string, string | number>> = {
      dataDir: data,
      clientPort: this.port,
      clientPortAddress: '127.0.0.1',
      tickTime: 500,
      initLimit: 20,
      syncLimit: 10,
      minSessionTimeout: 1_000,
      maxSessionTimeout: 60_000,
      maxClientCnxns: 0,
      'admin.enableServer': 'false',
      '4lw.commands.whitelist': '*',
      ...peers(options.nodes, ports),
      ...options.settings,
    }
    const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`)
    await writeFile(join(dir, 'zoo.cfg'), lines.join(''))
  }
}

function peers(nodes: number, ports: readonly number[]): Readonly<Record<string, string>> {
  if (nodes === 1) return {}
  return Object.fromEntries(
    Array.from({ length: nodes }, (_, index) => [
      `server.${index + 1}`,
      `127.0.0.1:${ports[nodes + index]}:${ports[2 * nodes + index]}`,
    ]),
  )
}

/** All servers of one ZooKeeper. */
export class ZooKeeperEnsemble implements AsyncDisposable {
  readonly nodes: readonly ZooKeeperNode[]
  readonly #jars: string
  readonly #removedAtEnd: string | undefined

  constructor(nodes: readonly ZooKeeperNode[], jars: string, removedAtEnd: string | undefined) {
    this.nodes = nodes
    this.#jars = jars
    this.#removedAtEnd = removedAtEnd
  }

  get connectString(): string {
    return this.nodes.map(node => node.address).join(',')
  }

  /** Starts the servers that do not run and waits until all serve. */
  async start(): Promise<void> {
    await Promise.all(this.nodes.map(node => node.configure()))
    const idle = this.nodes.filter(node => !node.process.isRunning)
    await Promise.all(idle.map(node => node.process.launch()))
    await Promise.all(this.nodes.map(node => node.process.untilReady()))
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map(node => node.process.stop()))
  }

  /** The node that takes the writes; undefined while there is none. */
  async leader(): Promise<ZooKeeperNode | undefined> {
    const modes = await Promise.all(this.nodes.map(node => node.mode()))
    return this.nodes.find((_, index) => modes[index] === 'leader' || modes[index] === 'standalone')
  }

  /** Runs one command of ZooKeeper's own command line, an independent reader and writer: `shell('get', '/a')`. */
  async shell(...command: readonly string[]): Promise<string> {
    const jvm = [
      '-Xmx64m',
      '-XX:TieredStopAtLevel=1',
      '-Dlogback.configurationFile=none',
      '-cp',
      `${this.#jars}/*`,
    ]
    const main = 'org.apache.zookeeper.ZooKeeperMain'
    return run('java', [...jvm, main, '-server', this.connectString, ...command], { withinMs: 60_000 })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.nodes.map(node => node.process.kill()))
    if (this.#removedAtEnd !== undefined) await rm(this.#removedAtEnd, { recursive: true, force: true })
  }
}
