import { ApplicationExceptionType, writeApplicationException } from './application-exception.ts'
import { MessageType, type ProtocolWriter } from './protocol.ts'
import type { CallContext, ThriftMethod } from './service.ts'

/** A method and the handler behind it, their types forgotten. */
export interface Route {
  readonly method: ThriftMethod<unknown, unknown>
  handle(args: unknown, call: CallContext): unknown
}

/** What a call needs to know of the connection it came by. */
export interface Caller {
  readonly remoteAddress: string
  readonly draining: boolean
}

/** One request between its decoding and its reply. */
export class ServerCall implements CallContext {
  readonly name: string
  readonly sequenceId: number
  /** Bytes of the read budget that this call holds. */
  readonly frameBytes: number
  readonly expectsReply: boolean
  /** Undefined for a method nobody knows. */
  readonly route: Route | undefined
  isDone = false
  failed = false
  readonly #caller: Caller
  /** What the handler returned or threw, or the exception type and text. */
  #returned: unknown = undefined
  #thrown: unknown = undefined
  #exceptionType: number = ApplicationExceptionType.internalError
  #disconnectListeners: (() => void)[] | undefined

  constructor(
    caller: Caller,
    header: { readonly name: string; readonly sequenceId: number; readonly expectsReply: boolean },
    route: Route | undefined,
    frameBytes: number,
  ) {
    this.#caller = caller
    this.name = header.name
    this.sequenceId = header.sequenceId
    this.expectsReply = header.expectsReply
    this.route = route
    this.frameBytes = frameBytes
  }

  get remoteAddress(): string {
    return this.#caller.remoteAddress
  }

  get draining(): boolean {
    return this.#caller.draining
  }

  onDisconnect(listener: () => void): () => void {
    this.#disconnectListeners ??= []
    this.#disconnectListeners.push(listener)
    return () => {
      this.#disconnectListeners = this.#disconnectListeners?.filter(other => other !== listener)
    }
  }

  /** Tells the listeners that nobody waits for the reply any more. */
  disconnected(): void {
    const listeners = this.#disconnectListeners ?? []
    this.#disconnectListeners = undefined
    for (const listener of listeners) listener()
  }

  succeed(returned: unknown): void {
    this.isDone = true
    this.#returned = returned
  }

  fail(thrown: unknown, exceptionType: number = ApplicationExceptionType.internalError): void {
    this.isDone = true
    this.failed = true
    this.#thrown = thrown
    this.#exceptionType = exceptionType
  }

  /** Writes the reply as one frame. */
  writeReply(writer: ProtocolWriter): void {
    const mark = writer.frameBegin()
    if (!this.#writeResult(writer)) {
      writer.messageBegin(this.name, MessageType.exception, this.sequenceId)
      writeApplicationException(writer, this.#exceptionType, textOf(this.#thrown))
    }
    writer.frameEnd(mark)
  }

  /** False, and nothing written, when an application exception must be written instead. */
  #writeResult(writer: ProtocolWriter): boolean {
    const method = this.route?.method
    if (method === undefined) return false
    const afterHeader = writer.length
    writer.messageBegin(this.name, MessageType.reply, this.sequenceId)
    if (this.failed) {
      if (method.writeDeclared?.(writer, this.#thrown) === true) return true
    } else {
      try {
        method.writeResult(writer, this.#returned)
        return true
      } catch (thrown) {
        this.fail(thrown)
      }
    }
    writer.truncate(afterHeader)
    return false
  }
}

/** Causes stay in our log: they may name hosts and files. */
function textOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}
