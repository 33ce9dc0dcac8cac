import type { Socket } from 'node:net'
import { nextTick } from 'node:process'
import { ApplicationExceptionType } from './application-exception.ts'
import { BadHeaderError, DeclaredExceptionError } from './errors.ts'
import { FrameAssembler } from './frame-assembler.ts'
import { MessageType, type ProtocolReader, type ProtocolWriter } from './protocol.ts'
import type { BudgetHolder, ReadBudget } from './read-budget.ts'
import { type Caller, type Route, ServerCall } from './server-call.ts'

const FRAME_HEADER_BYTES = 4

/** What all connections of one server share. */
export interface ServerContext {
  readonly routes: ReadonlyMap<string, Route>
  readonly reader: ProtocolReader
  readonly writer: ProtocolWriter
  readonly budget: ReadBudget
  readonly maxFrameBytes: number
  readonly maxInFlight: number
  readonly draining: boolean
  /** A connection ends with its last reply. */
  readonly closesIdle: boolean
  /** A call was answered, or its connection was lost first. */
  finished(call: ServerCall): void
  started(): void
  /** The peer sent what is no Thrift. */
  misbehaved(connection: ServerConnection, error: unknown): void
  handlerFailed(call: ServerCall, error: unknown): void
  closed(connection: ServerConnection): void
}

/**
 * One client. Hot path.
 *
 * C1 Requests are started in the order they arrive, at most `maxInFlight` at a time, and answered in that order.
 * C2 Reading stops while the pipeline is full and more bytes are at hand, while the read budget is used up, and while the
 *    client does not take its replies. It goes on as soon as none of these holds.
 * C3 Every byte charged to the budget is given back: with the reply of its frame, or when the connection closes.
 */
export class ServerConnection implements BudgetHolder, Caller {
  readonly remoteAddress: string
  /** When bytes last moved in either direction, or may move again; monotonic. */
  activeMs = performance.now()
  readonly #socket: Socket
  readonly #context: ServerContext
  readonly #frames: FrameAssembler
  /** Oldest first. */
  readonly #calls: ServerCall[] = []
  #heldBytes = 0
  #isClosed = false
  #isFlushScheduled = false
  #isWriteBlocked = false
  #isDispatching = false

  constructor(socket: Socket, context: ServerContext) {
    this.#socket = socket
    this.#context = context
    this.#frames = new FrameAssembler(context.maxFrameBytes)
    this.remoteAddress = socket.remoteAddress ?? ''
    socket.on('data', chunk => this.#received(chunk))
    socket.on('drain', () => this.#drained())
    socket.on('end', () => this.destroy())
    // An error is followed by 'close', which says all we need to know.
    socket.on('error', () => undefined)
    socket.on('close', () => this.#closed())
  }

  get draining(): boolean {
    return this.#context.draining
  }

  get isInsideFrame(): boolean {
    return this.#frames.isInsideFrame
  }

  get heldBytes(): number {
    return this.#heldBytes
  }

  /** Nothing is being read or handled; replies may still be on their way. */
  get isIdle(): boolean {
    return this.#calls.length === 0 && this.#heldBytes === 0
  }

  /**
   * For how long the peer has kept us from going on: it owes us the rest of a frame, or sends requests without taking
   * replies. 0 while it does not, or while we do not let it.
   */
  stalledMs(nowMs: number): number {
    const owesBytes = this.isInsideFrame && !this.#socket.isPaused()
    const owesReading = this.#isWriteBlocked && this.#frames.unreadBytes > 0
    return owesBytes || owesReading ? nowMs - this.activeMs : 0
  }

  wake(): void {
    if (!this.#isClosed) this.#readOn()
  }

  /** Closes once the replies are written. */
  end(): void {
    this.#socket.destroySoon()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  #received(chunk: Buffer): void {
    this.activeMs = performance.now()
    this.#heldBytes += chunk.length
    this.#context.budget.charge(chunk.length)
    this.#frames.push(chunk)
    this.#readOn()
  }

  /** Starts what may be started, then reads or waits. */
  #readOn(): void {
    // A handler that answers at once comes back here through its reply.
    if (this.#isDispatching) return
    this.#isDispatching = true
    try {
      this.#dispatchFrames()
    } catch (error) {
      this.#context.misbehaved(this, error)
      this.destroy()
    } finally {
      this.#isDispatching = false
    }
    if (this.#isClosed || this.#socket.destroyed) return
    const isPipelineFull = this.#calls.length >= this.#context.maxInFlight && this.#frames.unreadBytes > 0
    if (isPipelineFull || this.#isWriteBlocked || !this.#context.budget.mayRead(this)) this.#socket.pause()
    else if (this.#socket.isPaused()) this.#resume()
  }

  #resume(): void {
    this.activeMs = performance.now()
    this.#socket.resume()
  }

  #dispatchFrames(): void {
    const frames = this.#frames
    while (this.#calls.length < this.#context.maxInFlight && !this.#isWriteBlocked && frames.next()) {
      this.#context.budget.leave(this)
      this.#dispatch(frames)
    }
  }

  #dispatch({ frame, start, end }: FrameAssembler): void {
    const { reader, routes } = this.#context
    reader.reset(frame, start, end)
    reader.messageBegin()
    const { messageType } = reader
    if (messageType !== MessageType.call && messageType !== MessageType.oneway) {
      throw new BadHeaderError(`message type ${messageType} is no request`)
    }
    const route = routes.get(reader.messageName)
    const header = {
      name: reader.messageName,
      sequenceId: reader.sequenceId,
      expectsReply: messageType === MessageType.call,
    }
    const call = new ServerCall(this, header, route, end - start + FRAME_HEADER_BYTES)
    this.#calls.push(call)
    this.#context.started()
    this.#run(call, route)
  }

  #run(call: ServerCall, route: Route | undefined): void {
    if (route === undefined) {
      call.fail(`Unknown method: ${call.name}`, ApplicationExceptionType.unknownMethod)
      return this.#done()
    }
    let args: unknown
    try {
      args = route.method.readArgs(this.#context.reader)
    } catch (error) {
      call.fail(error, ApplicationExceptionType.protocolError)
      return this.#done()
    }
    try {
      const returned = route.handle(args, call)
      if (returned instanceof Promise) return void this.#settle(call, returned)
      call.succeed(returned)
    } catch (error) {
      this.#failed(call, error)
    }
    this.#done()
  }

  async #settle(call: ServerCall, returned: Promise<unknown>): Promise<void> {
    try {
      call.succeed(await returned)
    } catch (error) {
      this.#failed(call, error)
    }
    this.#done()
  }

  #failed(call: ServerCall, error: unknown): void {
    if (!(error instanceof DeclaredExceptionError)) this.#context.handlerFailed(call, error)
    call.fail(error)
  }

  /** A call is done: its reply leaves at once where it is the only one, else with all others of this tick. */
  #done(): void {
    if (this.#isFlushScheduled || this.#isClosed) return
    if (this.#calls.length === 1 && !this.#isDispatching) return this.#flush()
    this.#isFlushScheduled = true
    nextTick(() => this.#flush())
  }

  #flush(): void {
    this.#isFlushScheduled = false
    if (this.#isClosed) return
    const { writer } = this.#context
    let releasedBytes = 0
    while (this.#calls[0]?.isDone === true) {
      const call = this.#calls.shift()
      if (call === undefined) break
      if (call.expectsReply) call.writeReply(writer)
      releasedBytes += call.frameBytes
      this.#context.finished(call)
    }
    if (releasedBytes === 0) return
    if (writer.length > 0) {
      this.activeMs = performance.now()
      this.#isWriteBlocked = !this.#socket.write(writer.take())
    }
    this.#giveBack(releasedBytes)
    this.#readOn()
    if (this.#context.closesIdle && this.isIdle) this.end()
  }

  #drained(): void {
    this.activeMs = performance.now()
    this.#isWriteBlocked = false
    this.#readOn()
  }

  #giveBack(bytes: number): void {
    this.#heldBytes -= bytes
    this.#context.budget.giveBack(bytes)
  }

  #closed(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#context.budget.leave(this)
    this.#giveBack(this.#heldBytes)
    for (const call of this.#calls.splice(0)) {
      this.#context.finished(call)
      call.disconnected()
    }
    this.#context.closed(this)
  }
}
