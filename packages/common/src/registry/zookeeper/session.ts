import { endsSession, RC, SessionLostError, ZooKeeperCodeError } from './errors.ts'
import type { NativeClient, NativeClientClass, NodeStat } from './native-client.ts'
import { pathProblem } from './node-path.ts'

const PERM_ALL = 31
const CREATOR_ALL = [{ perms: PERM_ALL, scheme: 'auth', auth: '' }]
/** The C client adds up versions in 32 bits. */
const ANY_VERSION = -1
const MAX_VERSION = 2_147_483_647

export interface SessionOptions {
  readonly clientClass: NativeClientClass
  /** Numeric addresses only: the C client would look names up on the event loop. */
  readonly servers: string
  readonly sessionTimeoutMs: number
  /** A request without an answer for so long ends the session. */
  readonly answerTimeoutMs: number
  /** A node that a request watched has changed, or has come, or is gone. */
  readonly onChange: (path: string) => void
}

export interface StoredNode {
  readonly data: Buffer
  readonly stat: NodeStat
}

interface Pending {
  readonly reject: (reason: Error) => void
  readonly dueMs: number
}

type Settle<Value> = (rc: number, value?: () => Value) => void

/**
 * One session with ZooKeeper, from its first connection to the first sign of trouble; never reconnected, a new one is opened
 * instead. The npm package aborts the process on misuse, so it is called from here only:
 *
 * Z1 The package is called only between `init` and the loss or close of the session; what was lost is closed once, from the
 *    event loop's own turn, never from inside a callback of the package.
 * Z2 Paths are well-formed paths of ZooKeeper, data are Buffers, versions are 32-bit, each callback is a new function: what
 *    the package asserts cannot be false.
 * Z3 A request settles once: by its answer, or by the loss of the session, which comes at the latest `answerTimeoutMs` after
 *    a request without an answer. A silent session is noticed because it is asked something all the time.
 * Z4 A result that says the session is over is a loss of the session before anybody hears of the result.
 */
export class ZooKeeperSession {
  /** Resolves with the reason when the session is over, also by `close`. */
  readonly lost: Promise<string>
  readonly #options: SessionOptions
  readonly #native: NativeClient
  readonly #pending = new Set<Pending>()
  readonly #connected = Promise.withResolvers<void>()
  readonly #heartbeat: NodeJS.Timeout
  #resolveLost: (reason: string) => void
  #isOver = false

  /** Opens a session; rejects when there is none within the time. */
  static async open(options: SessionOptions, withinMs: number): Promise<ZooKeeperSession> {
    const session = new ZooKeeperSession(options)
    const timer = setTimeout(() => session.#lose(`no session within ${withinMs} ms`), withinMs)
    try {
      await session.#connected.promise
      return session
    } finally {
      clearTimeout(timer)
    }
  }

  private constructor(options: SessionOptions) {
    this.#options = options
    const { promise, resolve } = Promise.withResolvers<string>()
    this.lost = promise
    this.#resolveLost = resolve
    const native = new options.clientClass()
    this.#native = native
    this.#connected.promise.catch(() => undefined)
    native.on('connect', () => this.#connected.resolve())
    native.on('connecting', () => this.#lose('the connection was lost'))
    native.on('close', () => this.#lose('the session expired or was refused'))
    for (const event of ['created', 'changed', 'deleted']) {
      native.on(event, (_client: unknown, path: unknown) => this.#changed(path))
    }
    native.init({
      connect: options.servers,
      timeout: options.sessionTimeoutMs,
      debug_level: 0,
      host_order_deterministic: false,
      data_as_buffer: true,
    })
    this.#heartbeat = setInterval(() => this.#beat(), Math.ceil(options.answerTimeoutMs / 4))
    this.#heartbeat.unref()
  }

  get isOver(): boolean {
    return this.#isOver
  }

  close(): void {
    this.#lose('closed')
  }

  addDigest(user: string, password: string): Promise<void> {
    return this.#request('/', settle =>
      this.#native.add_auth('digest', `${user}:${password}`, rc => settle(rc, () => undefined)),
    )
  }

  /** Waits until this session's server knows everything that was committed before. */
  sync(): Promise<void> {
    return this.#request('/', settle => this.#native.a_sync('/', rc => settle(rc, () => undefined)))
  }

  /** Undefined when the node is absent. A watch is set on a node that is there. */
  read(path: string, watch: boolean): Promise<StoredNode | undefined> {
    return this.#absentAsUndefined(path, settle =>
      this.#native.a_get(path, watch, (rc, _text, stat, data) =>
        settle(rc, () => ({ data: data ?? Buffer.alloc(0), stat })),
      ),
    )
  }

  /** Undefined when the node is absent. A watch is set in both cases. */
  stat(path: string, watch: boolean): Promise<NodeStat | undefined> {
    return this.#absentAsUndefined(path, settle =>
      this.#native.a_exists(path, watch, (rc, _text, stat) => settle(rc, () => stat)),
    )
  }

  /** Undefined when the node is absent. */
  children(path: string): Promise<readonly string[] | undefined> {
    return this.#absentAsUndefined(path, settle =>
      this.#native.a_get_children(path, false, (rc, _text, names) => settle(rc, () => names)),
    )
  }

  create(path: string, data: Buffer): Promise<void> {
    return this.#request(path, settle =>
      this.#native.a_create(path, data, 0, rc => settle(rc, () => undefined)),
    )
  }

  async write(path: string, data: Buffer, version = ANY_VERSION): Promise<NodeStat> {
    const checked = checkedVersion(version)
    return this.#request(path, settle =>
      this.#native.a_set(path, data, checked, (rc, _text, stat) => settle(rc, () => stat)),
    )
  }

  async remove(path: string, version = ANY_VERSION): Promise<void> {
    const checked = checkedVersion(version)
    return this.#request(path, settle =>
      this.#native.a_delete_(path, checked, rc => settle(rc, () => undefined)),
    )
  }

  /** Leaves the node to those who this session is authenticated as. */
  restrictToCreator(path: string): Promise<void> {
    return this.#request(path, settle =>
      this.#native.a_set_acl(path, ANY_VERSION, CREATOR_ALL, rc => settle(rc, () => undefined)),
    )
  }

  async #absentAsUndefined<Value>(
    path: string,
    issue: (settle: Settle<Value>) => number,
  ): Promise<Value | undefined> {
    try {
      return await this.#request(path, issue)
    } catch (thrown) {
      if (thrown instanceof ZooKeeperCodeError && thrown.rc === RC.noNode) return undefined
      throw thrown
    }
  }

  #request<Value>(path: string, issue: (settle: Settle<Value>) => number): Promise<Value> {
    const problem = pathProblem(path)
    if (problem !== undefined)
      return Promise.reject(new ZooKeeperCodeError(RC.badArguments, `${path} ${problem}`))
    if (this.#isOver) return Promise.reject(new SessionLostError('the session is over'))
    const { promise, resolve, reject } = Promise.withResolvers<Value>()
    const pending: Pending = { reject, dueMs: performance.now() + this.#options.answerTimeoutMs }
    const settle: Settle<Value> = (rc, value) => {
      if (!this.#pending.delete(pending)) return
      if (rc === RC.ok && value !== undefined) return resolve(value())
      if (endsSession(rc)) this.#lose(`ZooKeeper's client says ${rc}`)
      reject(
        endsSession(rc)
          ? new SessionLostError(`ZooKeeper's client says ${rc}`)
          : new ZooKeeperCodeError(rc, `ZooKeeper answers ${rc} for ${path}`),
      )
    }
    this.#pending.add(pending)
    const queued = issue(settle)
    if (queued !== RC.ok) settle(queued)
    return promise
  }

  #changed(path: unknown): void {
    if (!this.#isOver && typeof path === 'string') this.#options.onChange(path)
  }

  /** The oldest request is the first of the set. */
  #beat(): void {
    const [oldest] = this.#pending
    if (oldest !== undefined && performance.now() > oldest.dueMs) return this.#lose('no answer in time')
    if (oldest === undefined) this.stat('/', false).catch(() => undefined)
  }

  #lose(reason: string): void {
    if (this.#isOver) return
    this.#isOver = true
    clearInterval(this.#heartbeat)
    const error = new SessionLostError(reason)
    for (const { reject } of this.#pending) reject(error)
    this.#pending.clear()
    this.#connected.reject(error)
    this.#resolveLost(reason)
    setImmediate(() => this.#native.close())
  }
}

function checkedVersion(version: number): number {
  if (Number.isInteger(version) && version >= ANY_VERSION && version <= MAX_VERSION) return version
  throw new RangeError(`${version} is no version of a node`)
}
