import type { Socket } from 'node:net'
import { Fifo } from '../../collections/index.ts'
import { describeError } from '../../errors/index.ts'
import { connectionProblem } from './connection-problem.ts'
import { RC, SessionLostError, ZooKeeperCodeError } from './errors.ts'
import { Frames } from './frames.ts'
import { JuteReader, type JuteWriter } from './jute.ts'
import { pathProblem } from './node-path.ts'
import {
  connectFrame,
  grantedTimeoutMs,
  type NodeStat,
  OP,
  readChange,
  readHead,
  readNode,
  readStat,
  request,
  type StoredNode,
  writeAcl,
  XID,
} from './protocol.ts'

const ANY_VERSION = -1
/** The time for an answer runs from the sending: a burst of thousands must not look like a server that went silent. */
const MAX_ON_THE_WAY = 256

export interface SessionOptions {
  /** Connected. The session owns it from now on. */
  readonly socket: Socket
  readonly sessionTimeoutMs: number
  /** A request without an answer for so long ends the session. */
  readonly answerTimeoutMs: number
  /** The newest transaction that this process knows of: a server that is behind gives no session. */
  readonly lastZxid: number
  /** A node that a request watched has changed, or has come, or is gone. */
  readonly onChange: (path: string) => void
}

interface Answer {
  readonly rc: number
  readonly reader: JuteReader
}

interface Pending {
  readonly xid: number
  readonly frame: Buffer
  /** Set when it is sent. */
  dueMs: number
  /** Throws when the answer is an error, or none at all. */
  readonly settle: (answer: Answer) => void
  readonly reject: (reason: Error) => void
}

/**
 * One session with ZooKeeper, from its connection to the first sign of trouble; never reconnected, a new one is opened instead.
 *
 * Z1 Requests are answered in the order in which they were sent; anything else, or bytes that are not an answer, ends the
 *    session.
 * Z2 A request settles once: by its answer, or by the loss of the session, which comes at the latest `answerTimeoutMs` after
 *    a request without an answer. A server that says nothing for two thirds of the session's time is lost.
 * Z3 At most 256 requests are on the way; the others wait here, in their order.
 * Z4 Nothing is sent that makes a server drop the connection: paths are checked here, sizes by the tree.
 */
export class ZooKeeperSession {
  /** Resolves with the reason when the session is over, also by `close`. */
  readonly lost: Promise<string>
  readonly #options: SessionOptions
  readonly #frames = new Frames()
  readonly #opened = Promise.withResolvers<void>()
  readonly #resolveLost: (reason: string) => void
  /** Sent, the next to be answered first. */
  readonly #sent = new Fifo<Pending>()
  readonly #waiting = new Fifo<Pending>()
  #pendingAuth: Pending | undefined
  #timer: NodeJS.Timeout | undefined
  #timeoutMs = 0
  #heardMs = performance.now()
  #xid = 0
  #zxid: number
  #isCorked = false
  #isOver = false

  /** Opens a session; rejects when there is none within the time. */
  static async open(options: SessionOptions, withinMs: number): Promise<ZooKeeperSession> {
    const session = new ZooKeeperSession(options)
    const timer = setTimeout(() => session.#lose('gives no session in time'), withinMs)
    try {
      await session.#opened.promise
      return session
    } finally {
      clearTimeout(timer)
    }
  }

  private constructor(options: SessionOptions) {
    this.#options = options
    this.#zxid = options.lastZxid
    const { promise, resolve } = Promise.withResolvers<string>()
    this.lost = promise
    this.#resolveLost = resolve
    const { socket } = options
    socket.setNoDelay(true)
    socket.on('data', chunk => this.#received(chunk))
    socket.on('error', error => this.#lose(connectionProblem(error)))
    socket.on('close', () =>
      this.#lose(
        this.#timeoutMs === 0 ? 'closes the connection instead of giving a session' : 'closed the connection',
      ),
    )
    socket.write(connectFrame(options.lastZxid, options.sessionTimeoutMs))
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** The newest transaction that this session heard of. */
  get zxid(): number {
    return this.#zxid
  }

  close(): void {
    if (!this.#isOver) this.#options.socket.write(request(0, OP.close).frame())
    this.#lose('closed')
  }

  /** Any user and password are accepted; a wrong one shows at nodes that are closed to it. */
  addDigest(user: string, password: string): Promise<void> {
    if (this.#isOver) return Promise.reject(new SessionLostError('the session is over'))
    const writer = request(XID.auth, OP.auth).int(0).text('digest').text(`${user}:${password}`)
    const { promise, pending } = newPending(XID.auth, writer.frame(), answer => void okBody(answer, '/'))
    this.#pendingAuth = pending
    this.#send(pending)
    return promise
  }

  /** Waits until this session's server knows everything that was committed before. */
  sync(): Promise<void> {
    return this.#request(
      '/',
      OP.sync,
      writer => writer.text('/'),
      () => undefined,
    )
  }

  /** Undefined when the node is absent. A watch is set on a node that is there. */
  read(path: string, watch: boolean): Promise<StoredNode | undefined> {
    return this.#orAbsent(path, OP.read, writer => writer.text(path).bool(watch), readNode)
  }

  /** Undefined when the node is absent. A watch is set in both cases. */
  stat(path: string, watch: boolean): Promise<NodeStat | undefined> {
    return this.#orAbsent(path, OP.stat, writer => writer.text(path).bool(watch), readStat)
  }

  /** Undefined when the node is absent. */
  children(path: string): Promise<readonly string[] | undefined> {
    return this.#orAbsent(
      path,
      OP.children,
      writer => writer.text(path).bool(false),
      reader => reader.texts(),
    )
  }

  create(path: string, data: Uint8Array, acl: 'open' | 'creator'): Promise<void> {
    const write = (writer: JuteWriter) => writeAcl(writer.text(path).buffer(data), acl).int(0)
    return this.#request(path, OP.create, write, () => undefined)
  }

  write(path: string, data: Uint8Array, version = ANY_VERSION): Promise<NodeStat> {
    return this.#request(path, OP.write, writer => writer.text(path).buffer(data).int(version), readStat)
  }

  remove(path: string, version = ANY_VERSION): Promise<void> {
    return this.#request(
      path,
      OP.remove,
      writer => writer.text(path).int(version),
      () => undefined,
    )
  }

  /** Absence is an answer like any other: nodes are looked for far more often than anybody minds that they are missing. */
  #orAbsent<Value>(
    path: string,
    op: number,
    write: (writer: JuteWriter) => JuteWriter,
    read: (reader: JuteReader) => Value,
  ): Promise<Value | undefined> {
    return this.#ask<Value | undefined>(path, op, write, answer => {
      return answer.rc === RC.noNode ? undefined : read(okBody(answer, path))
    })
  }

  #request<Value>(
    path: string,
    op: number,
    write: (writer: JuteWriter) => JuteWriter,
    read: (reader: JuteReader) => Value,
  ): Promise<Value> {
    return this.#ask(path, op, write, answer => read(okBody(answer, path)))
  }

  async #ask<Value>(
    path: string,
    op: number,
    write: (writer: JuteWriter) => JuteWriter,
    read: (answer: Answer) => Value,
  ): Promise<Value> {
    const problem = pathProblem(path)
    if (problem !== undefined) throw new ZooKeeperCodeError(RC.badArguments, `${path} ${problem}`)
    if (this.#isOver) throw new SessionLostError('the session is over')
    this.#xid = (this.#xid % 0x7fff_ffff) + 1
    const { promise, pending } = newPending(this.#xid, write(request(this.#xid, op)).frame(), read)
    this.#waiting.push(pending)
    this.#sendWaiting()
    return promise
  }

  #sendWaiting(): void {
    while (this.#sent.size < MAX_ON_THE_WAY) {
      const pending = this.#waiting.shift()
      if (pending === undefined) return
      this.#sent.push(pending)
      this.#send(pending)
    }
  }

  #send(pending: Pending): void {
    pending.dueMs = performance.now() + this.#options.answerTimeoutMs
    this.#writeSoon(pending.frame)
  }

  /** Requests of one turn of the event loop leave together. */
  #writeSoon(frame: Buffer): void {
    const { socket } = this.#options
    if (!this.#isCorked) {
      this.#isCorked = true
      socket.cork()
      process.nextTick(() => {
        this.#isCorked = false
        socket.uncork()
      })
    }
    socket.write(frame)
  }

  #received(chunk: Buffer): void {
    this.#heardMs = performance.now()
    try {
      for (const frame of this.#frames.push(chunk)) {
        if (this.#isOver) return
        if (this.#timeoutMs === 0) this.#open(frame)
        else this.#answered(new JuteReader(frame))
      }
    } catch (thrown) {
      this.#lose(`does not speak as ZooKeeper does (${describeError(thrown)})`)
    }
  }

  #open(answer: Buffer): void {
    const timeoutMs = grantedTimeoutMs(answer)
    if (timeoutMs <= 0) return this.#lose('refuses a session')
    this.#timeoutMs = timeoutMs
    const beatMs = Math.ceil(Math.min(timeoutMs / 6, this.#options.answerTimeoutMs / 4))
    this.#timer = setInterval(() => this.#beat(), beatMs)
    this.#timer.unref()
    this.#opened.resolve()
  }

  #answered(reader: JuteReader): void {
    const { xid, zxid, rc } = readHead(reader)
    this.#zxid = Math.max(this.#zxid, zxid)
    if (xid === XID.ping) return
    if (xid === XID.change) return this.#options.onChange(readChange(reader))
    if (xid === XID.auth) {
      const auth = this.#pendingAuth
      this.#pendingAuth = undefined
      return auth === undefined ? undefined : settle(auth, { rc, reader })
    }
    const pending = this.#sent.at(0)
    if (pending?.xid !== xid) throw new RangeError(`answer ${xid} where ${pending?.xid ?? 'none'} was due`)
    if (rc === RC.sessionExpired || rc === RC.sessionMoved) return this.#lose('has ended the session')
    this.#sent.shift()
    this.#sendWaiting()
    settle(pending, { rc, reader })
  }

  #beat(): void {
    const nowMs = performance.now()
    const oldest = this.#pendingAuth ?? this.#sent.at(0)
    if (oldest !== undefined && nowMs > oldest.dueMs) return this.#lose('does not answer in time')
    if (nowMs - this.#heardMs > (this.#timeoutMs * 2) / 3) return this.#lose('says nothing any more')
    this.#writeSoon(request(XID.ping, OP.ping).frame())
  }

  #lose(reason: string): void {
    if (this.#isOver) return
    this.#isOver = true
    clearInterval(this.#timer)
    // What is written already, such as the end of the session, may leave; nothing is waited for.
    this.#options.socket.end()
    setTimeout(() => this.#options.socket.destroy(), 100).unref()
    const error = new SessionLostError(reason)
    for (const requests of [this.#sent, this.#waiting]) {
      for (let next = requests.shift(); next !== undefined; next = requests.shift()) next.reject(error)
    }
    this.#pendingAuth?.reject(error)
    this.#opened.reject(error)
    this.#resolveLost(reason)
  }
}

function newPending<Value>(
  xid: number,
  frame: Buffer,
  read: (answer: Answer) => Value,
): { readonly promise: Promise<Value>; readonly pending: Pending } {
  const { promise, resolve, reject } = Promise.withResolvers<Value>()
  return {
    promise,
    pending: { xid, frame, dueMs: Infinity, settle: answer => resolve(read(answer)), reject },
  }
}

function okBody({ rc, reader }: Answer, path: string): JuteReader {
  if (rc !== RC.ok) throw new ZooKeeperCodeError(rc, `ZooKeeper answers ${rc} for ${path}`)
  return reader
}

/** An answer that cannot be read is the end of the session as well as of the request. */
function settle(pending: Pending, answer: Answer): void {
  try {
    pending.settle(answer)
  } catch (thrown) {
    if (thrown instanceof ZooKeeperCodeError) return pending.reject(thrown)
    pending.reject(new SessionLostError('an answer could not be read'))
    throw thrown
  }
}
