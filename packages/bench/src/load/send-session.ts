import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { producerService } from '@ddmq/common/idl'
import {
  ApplicationError,
  ApplicationExceptionType,
  BadHeaderError,
  CompactReader,
  MessageType,
  NotSentError,
  OutcomeUnknownError,
} from '@ddmq/common/thrift'
import { readFrames } from './read-frames.ts'
import type { SendFrame } from './send-frame.ts'
import { type Address, RECONNECT_MS } from './session.ts'

const CONNECT_TIMEOUT_MS = 1000
const READ_BUFFER_BYTES = 16 * 1024

/** What all connections of one load run share. */
export interface SendRun {
  readonly frame: () => SendFrame
  /** After it a connection that is silent is given up, in milliseconds. */
  readonly replyTimeoutMs: number
  /** No more messages: time is up. */
  readonly isOver: () => boolean
  readonly nextId: () => string
  readonly answered: (id: string, code: number, durationMs: number) => void
  readonly failed: (error: unknown) => void
}

/** One client of a load run, whose connection is opened again whenever it breaks, until the run is over. */
export async function runSends(address: Address, run: SendRun): Promise<void> {
  while (!run.isOver()) {
    try {
      await sendOnOneConnection(address, run)
    } catch (error) {
      run.failed(error)
      await delay(RECONNECT_MS)
    }
  }
}

/** Resolves when the run is over and nothing is in flight; rejects when the connection is lost or its peer no DDMQ. */
function sendOnOneConnection(address: Address, run: SendRun): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const connection: SendConnection = new SendConnection(
    connect({
      ...address,
      noDelay: true,
      onread: {
        buffer: Buffer.allocUnsafeSlow(READ_BUFFER_BYTES),
        callback: (size, bytes) => connection.received(bytes, size),
      },
    }),
    run,
    error => (error === undefined ? resolve() : reject(error)),
  )
  return promise
}

/**
 * One connection with one request in flight. The load generator must cost less than the servers it drives, so there is no
 * promise, timer or fresh buffer for each message.
 */
class SendConnection {
  readonly #socket: Socket
  readonly #run: SendRun
  readonly #frame: SendFrame
  readonly #ended: (error: Error | undefined) => void
  readonly #reader = new CompactReader()
  readonly #frames = readFrames(frame => this.#answered(frame))
  #isConnected = false
  #id = ''
  #sentMs = 0

  constructor(socket: Socket, run: SendRun, ended: (error: Error | undefined) => void) {
    this.#socket = socket
    this.#run = run
    this.#frame = run.frame()
    this.#ended = ended
    socket.setTimeout(CONNECT_TIMEOUT_MS, () => this.#lost('is silent'))
    socket.on('connect', () => {
      this.#isConnected = true
      socket.setTimeout(run.replyTimeoutMs)
      this.#send()
    })
    socket.on('end', () => this.#lost('was closed by the server'))
    socket.on('error', cause => this.#lost('was lost', cause))
  }

  /** `bytes` are used again for the next read; a frame that is not complete is kept in a copy. */
  received(bytes: Uint8Array, size: number): boolean {
    try {
      this.#frames(Buffer.from(bytes.buffer, bytes.byteOffset, size))
    } catch (error) {
      this.#end(error instanceof Error ? error : new Error(String(error)))
    }
    return true
  }

  #send(): void {
    if (this.#run.isOver()) return this.#end(undefined)
    this.#id = this.#run.nextId()
    this.#sentMs = performance.now()
    this.#socket.write(this.#frame.next(this.#id))
  }

  #answered(frame: Buffer): void {
    const durationMs = performance.now() - this.#sentMs
    const reader = this.#reader
    reader.reset(frame, 0, frame.length)
    reader.messageBegin()
    if (reader.sequenceId !== this.#frame.sequenceId) {
      throw new BadHeaderError(`the reply ${reader.sequenceId} was not expected`)
    }
    if (reader.messageType === MessageType.exception) {
      throw new ApplicationError(ApplicationExceptionType.unknown, 'the server answered with an exception')
    }
    const { code } = producerService.sendSync.readResult(reader)
    this.#run.answered(this.#id, code, durationMs)
    this.#send()
  }

  #lost(what: string, cause?: Error): void {
    const Lost = this.#isConnected ? OutcomeUnknownError : NotSentError
    this.#end(new Lost(`the connection ${what}`, { cause }))
  }

  #end(error: Error | undefined): void {
    this.#socket.destroy()
    this.#ended(error)
  }
}
