import type { Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { describeError } from '../../errors/index.ts'
import { type Logger, type RateLimitedLog, rateLimited } from '../../log/index.ts'
import { RegistryClosedError, RegistryRefusedError, RegistryUnavailableError } from '../errors.ts'
import { type ConnectString, parseConnectString, type ServerName, serverText } from './connect-string.ts'
import { dial } from './dial.ts'
import { hasCode, RC, SessionLostError, ZooKeeperCodeError } from './errors.ts'
import { ZooKeeperSession } from './session.ts'
import type { ZooKeeperSettings } from './settings.ts'
import type { ZooKeeperMetrics } from './zookeeper-metrics.ts'

/** For one server: to accept, and then to give a session. */
const SERVER_WAIT_MS = 3_000
const FIRST_BACK_OFF_MS = 100
const MAX_BACK_OFF_MS = 5_000
const LOG_EVERY_MS = 60_000

export interface ConnectionOptions {
  readonly settings: ZooKeeperSettings
  readonly log: Logger
  readonly metrics?: ZooKeeperMetrics | undefined
  /** A node that was watched has changed, or has come, or is gone. */
  readonly onChange?: (path: string) => void
  /** Called for each new session, once it is up to date; all watches are to be set anew. Its errors are for the callee. */
  readonly onSession?: (session: ZooKeeperSession) => void
}

/** Since when there is no session, and why. */
export interface Away {
  readonly sinceMs: number
  readonly reason: string
}

/**
 * Keeps a session with ZooKeeper.
 *
 * K1 While it is open there is a session or one is being opened, with back-off up to 5 s; names are looked up each time.
 * K2 A session is used only after the user is authenticated and the server has caught up with everything committed before
 *    (`sync`): whoever reads after a reconnect never sees an older tree than before.
 * K3 `use` settles by its deadline. While ZooKeeper has been away for longer than that already it fails at once.
 */
export class ZooKeeperConnection {
  readonly target: ConnectString
  readonly #options: ConnectionOptions
  readonly #log: RateLimitedLog
  readonly #closing = new AbortController()
  #session: ZooKeeperSession | undefined
  #away: Away = { sinceMs: performance.now(), reason: 'not connected yet' }
  #hasFailed = false
  #zxid = 0
  #changed = Promise.withResolvers<void>()
  #running: Promise<void> = Promise.resolve()

  constructor(options: ConnectionOptions) {
    this.#options = options
    this.target = parseConnectString(options.settings.connect)
    this.#log = rateLimited(options.log, LOG_EVERY_MS)
  }

  /** Undefined while there is a session. */
  get away(): Away | undefined {
    return this.#session === undefined ? this.#away : undefined
  }

  /** Begins to connect. */
  open(): void {
    this.#options.metrics?.connected.set(0)
    this.#running = this.#keepConnected()
  }

  async close(): Promise<void> {
    this.#closing.abort()
    this.#session?.close()
    await this.#running
  }

  /** Resolves true when there is a session, false when an attempt has failed since `open`, whichever is first. */
  async firstAttempt(): Promise<boolean> {
    while (this.#session === undefined && !this.#hasFailed && !this.#isClosed) await this.#changed.promise
    return this.#session !== undefined
  }

  /** Resolves true when there is a session, false when it is closed before. */
  async connected(): Promise<boolean> {
    while (this.#session === undefined && !this.#isClosed) await this.#changed.promise
    return this.#session !== undefined
  }

  /** Runs `work` in a session, again in the next one when its session is lost, until the deadline of one operation. */
  async use<Result>(work: (session: ZooKeeperSession) => Promise<Result>): Promise<Result> {
    const { operationTimeoutMs } = this.#options.settings
    const dueMs = performance.now() + operationTimeoutMs
    let outcomeUnknown = false
    for (;;) {
      const session = await this.#sessionBefore(dueMs, outcomeUnknown)
      try {
        return await work(session)
      } catch (thrown) {
        if (hasCode(thrown, RC.noAuth)) throw this.#denied(thrown)
        if (thrown instanceof ZooKeeperCodeError)
          throw new RegistryRefusedError(thrown.message, { cause: thrown })
        if (!(thrown instanceof SessionLostError)) throw thrown
        outcomeUnknown = true
      }
    }
  }

  get #isClosed(): boolean {
    return this.#closing.signal.aborted
  }

  async #sessionBefore(dueMs: number, outcomeUnknown: boolean): Promise<ZooKeeperSession> {
    for (;;) {
      if (this.#isClosed) throw new RegistryClosedError('the registry is not running')
      if (this.#session !== undefined && !this.#session.isOver) return this.#session
      const awaySinceMs = this.away?.sinceMs ?? performance.now()
      const awayUntilMs = awaySinceMs + this.#options.settings.operationTimeoutMs
      const leftMs = Math.min(dueMs, awayUntilMs) - performance.now()
      if (leftMs <= 0) {
        throw new RegistryUnavailableError(this.describeAway(), { details: { outcomeUnknown } })
      }
      await this.#changeWithin(leftMs)
    }
  }

  async #changeWithin(ms: number): Promise<void> {
    const timeUp = Promise.withResolvers<void>()
    const timer = setTimeout(timeUp.resolve, ms)
    await Promise.race([this.#changed.promise, timeUp.promise])
    clearTimeout(timer)
  }

  /** One line with address and reason. */
  describeAway(): string {
    return `ZooKeeper ${this.#options.settings.connect} is away: ${this.#away.reason}`
  }

  async #keepConnected(): Promise<void> {
    for (let failures = 0; !this.#isClosed; ) {
      try {
        const session = await this.#connect()
        failures = 0
        this.#arrived(session)
        this.#lost(await session.lost, session.zxid)
      } catch (thrown) {
        failures++
        this.#failed(thrown)
      }
      await this.#pause(failures)
    }
    this.#notify()
  }

  /** Asks the servers in a random order; each that fails adds its reason. */
  async #connect(): Promise<ZooKeeperSession> {
    const reasons: string[] = []
    for (const server of shuffled(this.target.servers)) {
      this.#closing.signal.throwIfAborted()
      try {
        return await this.#connectTo(server)
      } catch (thrown) {
        if (thrown instanceof RegistryRefusedError) throw thrown
        reasons.push(`${serverText(server)} ${describeError(thrown)}`)
      }
    }
    throw new RegistryUnavailableError(reasons.join(', '))
  }

  async #connectTo(server: ServerName): Promise<ZooKeeperSession> {
    const { settings } = this.#options
    const session = await this.#openSession(
      await dial(server, settings.tls, SERVER_WAIT_MS, this.#closing.signal),
    )
    const abandon = (): void => session.close()
    this.#closing.signal.addEventListener('abort', abandon)
    try {
      this.#closing.signal.throwIfAborted()
      if (settings.auth !== undefined) await session.addDigest(settings.auth.user, settings.auth.password)
      await session.sync()
      await session.read(this.target.root, false)
      this.#closing.signal.throwIfAborted()
      return session
    } catch (thrown) {
      session.close()
      throw hasCode(thrown, RC.noAuth) ? this.#denied(thrown) : thrown
    } finally {
      this.#closing.signal.removeEventListener('abort', abandon)
    }
  }

  async #openSession(socket: Socket): Promise<ZooKeeperSession> {
    const { settings, onChange } = this.#options
    const abandon = (): void => void socket.destroy()
    this.#closing.signal.addEventListener('abort', abandon)
    try {
      return await ZooKeeperSession.open(
        {
          socket,
          sessionTimeoutMs: settings.sessionTimeoutMs,
          answerTimeoutMs: Math.min(settings.sessionTimeoutMs, settings.operationTimeoutMs),
          lastZxid: this.#zxid,
          onChange: path => onChange?.(path),
        },
        SERVER_WAIT_MS,
      )
    } finally {
      this.#closing.signal.removeEventListener('abort', abandon)
    }
  }

  #arrived(session: ZooKeeperSession): void {
    const { log, metrics, onSession, settings } = this.#options
    this.#session = session
    metrics?.connected.set(1)
    metrics?.sessions.inc()
    log.info({ connect: settings.connect, root: this.target.root }, 'connected to ZooKeeper')
    onSession?.(session)
    this.#notify()
  }

  #lost(reason: string, zxid: number): void {
    this.#session = undefined
    this.#zxid = Math.max(this.#zxid, zxid)
    this.#away = { sinceMs: performance.now(), reason }
    this.#options.metrics?.connected.set(0)
    if (this.#isClosed) return
    this.#log.warn({ connect: this.#options.settings.connect, reason }, 'session with ZooKeeper lost')
  }

  #failed(thrown: unknown): void {
    if (this.#isClosed) return
    const reason = describeError(thrown)
    this.#hasFailed = true
    this.#away = { sinceMs: this.#away.sinceMs, reason }
    this.#options.metrics?.connectFailures.inc()
    this.#log.error(
      { connect: this.#options.settings.connect, reason },
      'ZooKeeper cannot be used, trying again',
    )
    this.#notify()
  }

  /** Processes that lost the same server come back at different times. */
  async #pause(failures: number): Promise<void> {
    const limitMs = Math.min(MAX_BACK_OFF_MS, FIRST_BACK_OFF_MS * 2 ** failures)
    const ms = (limitMs * (1 + Math.random())) / 2
    await delay(ms, undefined, { signal: this.#closing.signal }).catch(() => undefined)
  }

  #notify(): void {
    const { resolve } = this.#changed
    this.#changed = Promise.withResolvers()
    resolve()
  }

  #denied(cause: unknown): RegistryRefusedError {
    const { settings } = this.#options
    const who = settings.auth === undefined ? 'a client without user' : `user ${settings.auth.user}`
    return new RegistryRefusedError(
      `ZooKeeper ${settings.connect} refuses ${who}: wrong user or password, or an ACL that leaves this user out`,
      { cause },
    )
  }
}

function shuffled<Item>(items: readonly Item[]): readonly Item[] {
  return items
    .map(item => ({ item, key: Math.random() }))
    .toSorted((a, b) => a.key - b.key)
    .map(({ item }) => item)
}
