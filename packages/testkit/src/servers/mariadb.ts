import { once } from 'node:events'
import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { type MariaDbPrograms, mariaDbPrograms, systemTables } from './mariadb-programs.ts'
import { run } from './run.ts'
import { serverPort } from './server-port.ts'
import { ServerProcess } from './server-process.ts'

const GREETING_MS = 2_000

export interface MariaDbOptions {
  /** Folder of data, socket and log; kept. Absent: a temporary one, removed with the server. */
  readonly dir?: string
  readonly port?: number
  /** True: goes on when this process ends. */
  readonly outlives?: boolean
  /** Settings of the server beside ours, such as `wait_timeout`. */
  readonly settings?: Readonly<Record<string, string | number>>
  /** Statements run at each start, before connections are accepted; they must bear repetition. */
  readonly initSql?: readonly string[]
}

/**
 * A MariaDB of our own on the loopback: own data folder, port and socket, never the system's service. Its account may do
 * everything; tests make databases of their own with it, so that one server serves a whole file.
 */
export class MariaDb extends ServerProcess {
  readonly host = '127.0.0.1'
  readonly port: number
  readonly user = 'testkit'
  readonly password = 'testkit-secret'
  readonly dir: string
  readonly #temporary: boolean

  constructor(
    place: { dir: string; port: number; temporary: boolean },
    programs: MariaDbPrograms,
    options: MariaDbOptions,
  ) {
    super({
      name: `mariadb:${place.port}`,
      program: programs.mariadbd,
      args: serverArgs(place, programs, options),
      env: programs.env,
      logFile: join(place.dir, 'mariadb.log'),
      ready: () => greets(place.port),
      ...(options.outlives === undefined ? {} : { outlives: options.outlives }),
    })
    this.port = place.port
    this.dir = place.dir
    this.#temporary = place.temporary
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await super[Symbol.asyncDispose]()
    if (this.#temporary) await rm(this.dir, { recursive: true, force: true })
  }

  /** Fills an empty data folder and writes what each start runs. */
  async prepare(programs: MariaDbPrograms, initSql: readonly string[]): Promise<void> {
    const data = dataDir(this.dir)
    await mkdir(temporaryDir(this.dir), { recursive: true })
    if (!(await exists(join(data, 'mysql')))) {
      await mkdir(data, { recursive: true })
      const args = [...commonArgs(this.dir, programs), '--bootstrap', '--log-warnings=0']
      await run(programs.mariadbd, args, { env: programs.env, input: await systemTables(programs) })
    }
    const account = `'${this.user}'@'%'`
    const statements = [
      `CREATE USER IF NOT EXISTS ${account} IDENTIFIED BY '${this.password}'`,
      `GRANT ALL PRIVILEGES ON *.* TO ${account} WITH GRANT OPTION`,
      ...initSql,
    ]
    await writeFile(initFile(this.dir), statements.map(statement => `${statement};\n`).join(''))
  }
}

/** Starts one and resolves when it takes connections. */
export async function startMariaDb(options: MariaDbOptions = {}): Promise<MariaDb> {
  const programs = await mariaDbPrograms()
  const dir = resolve(options.dir ?? (await mkdtemp(join(tmpdir(), 'ddmq-mariadb-'))))
  const place = { dir, port: options.port ?? (await serverPort()), temporary: options.dir === undefined }
  const server = new MariaDb(place, programs, options)
  try {
    await server.prepare(programs, options.initSql ?? [])
    await server.start()
    return server
  } catch (thrown) {
    await server[Symbol.asyncDispose]()
    throw thrown
  }
}

function serverArgs(
  { dir, port }: { dir: string; port: number },
  programs: MariaDbPrograms,
  options: MariaDbOptions,
): readonly string[] {
  return [
    ...commonArgs(dir, programs),
    `--port=${port}`,
    '--bind-address=127.0.0.1',
    '--skip-name-resolve',
    // Relative to the data folder: the path of a socket has a limit of 107 bytes.
    '--socket=s.sock',
    `--pid-file=${join(dir, 'mariadb.pid')}`,
    `--init-file=${initFile(dir)}`,
    ...Object.entries(options.settings ?? {}).map(
      ([name, value]) => `--${name.replaceAll('_', '-')}=${value}`,
    ),
  ]
}

function commonArgs(dir: string, { base }: MariaDbPrograms): readonly string[] {
  return [
    '--no-defaults',
    `--basedir=${base}`,
    `--lc-messages-dir=${join(base, 'share/mysql')}`,
    `--datadir=${dataDir(dir)}`,
    // A server that starts removes what it takes for left over in its folder, also the tables of another one.
    `--tmpdir=${temporaryDir(dir)}`,
    '--innodb-buffer-pool-size=32M',
    '--innodb-log-file-size=8M',
    // Without it the server refuses to run as root.
    ...(process.getuid?.() === 0 ? ['--user=root'] : []),
  ]
}

/** The server speaks first; it does so only once it takes connections. */
async function greets(port: number): Promise<void> {
  const socket = connect({ host: '127.0.0.1', port })
  socket.setTimeout(GREETING_MS, () => socket.destroy(new Error('no greeting')))
  try {
    await Promise.race([once(socket, 'data'), closed(socket)])
  } finally {
    socket.destroy()
  }
}

async function closed(socket: Socket): Promise<never> {
  await once(socket, 'close')
  throw new Error('closed without a greeting')
}

function dataDir(dir: string): string {
  return join(dir, 'data')
}

function temporaryDir(dir: string): string {
  return join(dir, 'tmp')
}

function initFile(dir: string): string {
  return join(dir, 'init.sql')
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
