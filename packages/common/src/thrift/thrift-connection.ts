import { connect as connectSocket, type Socket } from 'node:net'
import type { DdmqErrorOptions } from '../errors/index.ts'
import { readApplicationException } from './application-exception.ts'
import { createReader, createWriter } from './create-protocol.ts'
import {
  ApplicationError,
  BadHeaderError,
  DeclaredExceptionError,
  NotSentError,
  OutcomeUnknownError,
} from './errors.ts'
import { FrameAssembler } from './frame-assembler.ts'
import { MessageType, type ProtocolName, type ProtocolReader, type ProtocolWriter } from './protocol.ts'
import type { ThriftMethod } from './service.ts'

const DEFAULT_MAX_FRAME_BYTES = 64 * 1_048_576

export interface ConnectOptions {
  readonly host: string
  readonly port: number
  readonly connectTimeoutMs: number
  readonly signal?: AbortSignal
  readonly protocol?: ProtocolName
  /** Largest reply that is accepted. */
  readonly maxFrameBytes?: number
}

export interface CallOptions {
  readonly timeoutMs: number
  readonly signal?: AbortSignal
}

/** A request that waits for its reply. */
interface PendingCall {
  readonly sequenceId: number
  readonly name: string
  /** Reads the result struct and resolves. Throws what the struct makes it throw, and has then settled nothing. */
  receive(reader: ProtocolReader): void
  reject(error: unknown): void
}

/**
 * One client connection. Calls may be made while others are under way; replies are matched by order, as servers answer in
 * order, and checked by sequence id. A call that times out or is aborted closes the connection: its reply would be taken
 * for the next one.
 *
 * Errors: `NotSentError` = certainly not executed; `OutcomeUnknownError` = perhaps executed; `ApplicationError` and
 * `DeclaredExceptionError` = answered, and the connection stays usable.
 */
export class ThriftConnection {
  readonly #socket: Socket
  readonly #reader: ProtocolReader
  readonly #writer: ProtocolWriter
  readonly #frames: FrameAssembler
  readonly #pending: PendingCall[] = []
  readonly #closeListeners = new Set<() => void>()
  #lastSequenceId = 0
  #isClosed = false
  #lostBecause: unknown

  private constructor(socket: Socket, { protocol = 'compact', maxFrameBytes }: ConnectOptions) {
    this.#socket = socket
    this.#reader = createReader(protocol)
    this.#writer = createWriter(protocol)
    this.#frames = new FrameAssembler(maxFrameBytes ?? DEFAULT_MAX_FRAME_BYTES)
    socket.on('data', chunk => this.#received(chunk))
    socket.on('end', () => this.#lost(undefined))
    socket.on('error', error => this.#lost(error))
    socket.on('close', () => this.#lost(undefined))
  }

  /** Rejects with `NotSentError`, or with the reason of an abort. */
  static async connect(options: ConnectOptions): Promise<ThriftConnection> {
    const { host, port, connectTimeoutMs, signal } = options
    signal?.throwIfAborted()
    const socket = connectSocket({ host, port, noDelay: true, keepAlive: true })
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const onAbort = (): void => reject(signal?.reason)
    const timer = setTimeout(
      () =>
        reject(
          new NotSentError(`no connection to ${host}:${port} within ${connectTimeoutMs} ms`, {
            details: { timeoutMs: connectTimeoutMs },
          }),
        ),
      connectTimeoutMs,
    )
    signal?.addEventListener('abort', onAbort, { once: true })
    socket.once('connect', resolve)
    socket.once('error', cause =>
      reject(new NotSentError(`cannot connect to ${host}:${port}`, { cause, details: { host, port } })),
    )
    try {
      await promise
    } catch (error) {
      socket.destroy()
      throw error
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
    }
    return new ThriftConnection(socket, options)
  }

  get inFlight(): number {
    return this.#pending.length
  }

  get closed(): boolean {
    return this.#isClosed
  }

  /** Calls back once when the connection is closed, by whomever; at once if it is. The returned function unsubscribes. */
  onClose(listener: () => void): () => void {
    if (this.#isClosed) listener()
    else this.#closeListeners.add(listener)
    return () => this.#closeListeners.delete(listener)
  }

  /** Calls under way are rejected with `OutcomeUnknownError`. */
  close(): void {
    this.#lost(undefined)
  }

  call<Args, Returned>(
    method: ThriftMethod<Args, Returned>,
    args: Args,
    { timeoutMs, signal }: CallOptions,
  ): Promise<Returned> {
    if (this.#isClosed) {
      return Promise.reject(new NotSentError('the connection is closed', { cause: this.#lostBecause }))
    }
    if (signal?.aborted === true) {
      return Promise.reject(new NotSentError(`${method.name} was aborted`, { cause: signal.reason }))
    }
    try {
      const sequenceId = this.#nextSequenceId()
      const frame = this.#encode(method, args, sequenceId)
      const { promise, resolve, reject } = Promise.withResolvers<Returned>()
      const onAbort = (): void => this.#giveUp(pending, 'was aborted', { cause: signal?.reason })
      const onTimeout = (): void =>
        this.#giveUp(pending, `took longer than ${timeoutMs} ms`, { details: { timeoutMs } })
      const timer = setTimeout(onTimeout, timeoutMs)
      const settled = (): void => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', onAbort)
      }
      const pending: PendingCall = {
        sequenceId,
        name: method.name,
        receive: reader => {
          resolve(method.readResult(reader))
          settled()
        },
        reject: error => {
          settled()
          reject(error)
        },
      }
      signal?.addEventListener('abort', onAbort, { once: true })
      this.#pending.push(pending)
      this.#socket.write(frame)
      return promise
    } catch (error) {
      return Promise.reject(error)
    }
  }

  #nextSequenceId(): number {
    this.#lastSequenceId = (this.#lastSequenceId + 1) & 0x7fff_ffff
    return this.#lastSequenceId
  }

  #encode<Args>(method: ThriftMethod<Args, unknown>, args: Args, sequenceId: number): Buffer {
    const writer = this.#writer
    writer.reset()
    const mark = writer.frameBegin()
    writer.messageBegin(method.name, MessageType.call, sequenceId)
    method.writeArgs(writer, args)
    writer.frameEnd(mark)
    return writer.take()
  }

  #received(chunk: Buffer): void {
    this.#frames.push(chunk)
    try {
      while (!this.#isClosed && this.#frames.next()) this.#receive(this.#frames)
    } catch (error) {
      this.#lost(error)
    }
  }

  #receive({ frame, start, end }: FrameAssembler): void {
    const reader = this.#reader
    reader.reset(frame, start, end)
    reader.messageBegin()
    const pending = this.#pending[0]
    if (pending === undefined || reader.sequenceId !== pending.sequenceId) {
      throw new BadHeaderError(`the reply ${reader.sequenceId} to ${reader.messageName} was not expected`)
    }
    try {
      if (reader.messageType === MessageType.exception) throw readApplicationException(reader)
      pending.receive(reader)
      this.#pending.shift()
    } catch (error) {
      if (!(error instanceof ApplicationError || error instanceof DeclaredExceptionError)) throw error
      this.#pending.shift()
      pending.reject(error)
    }
  }

  #giveUp(pending: PendingCall, reason: string, options: DdmqErrorOptions): void {
    this.#pending.splice(this.#pending.indexOf(pending), 1)
    pending.reject(new OutcomeUnknownError(`${pending.name} ${reason}`, options))
    this.close()
  }

  #lost(cause: unknown): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#lostBecause = cause
    this.#socket.destroy()
    for (const pending of this.#pending.splice(0)) {
      pending.reject(
        new OutcomeUnknownError(`the connection was lost before ${pending.name} was answered`, { cause }),
      )
    }
    for (const listener of this.#closeListeners) listener()
    this.#closeListeners.clear()
  }
}
