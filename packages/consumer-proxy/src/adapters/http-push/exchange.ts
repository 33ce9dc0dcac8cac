import type { Dispatcher } from 'undici'
import { PushRefusedError } from '../../core/push/errors.ts'
import type { PushCall, PushReply } from '../../core/push/ports.ts'
import type { ReplyTurns } from './reply-turns.ts'

/** More of a response is not read: what decides is an errno in a small object. */
const MAX_RESPONSE_BYTES = 65_536
/** A longer timer would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1

/** One request and its response. Hot: one object and one timer per request. */
export class Exchange implements Dispatcher.DispatchHandler, PushCall {
  readonly #startMs = performance.now()
  readonly #timeoutMs: number
  readonly #timer: NodeJS.Timeout
  readonly #onReply: (reply: PushReply, ms: number) => void
  readonly #turns: ReplyTurns
  #controller: Dispatcher.DispatchController | undefined
  #done = false
  /** Undefined until it is there, and after `cancel`. */
  #reply: PushReply | undefined
  #ms = 0
  #status = 0
  #chunks: Buffer[] | undefined
  #bytes = 0

  constructor(timeoutMs: number, onReply: (reply: PushReply, ms: number) => void, turns: ReplyTurns) {
    this.#timeoutMs = timeoutMs
    this.#onReply = onReply
    this.#turns = turns
    this.#timer = setTimeout(giveUp, Math.min(timeoutMs, MAX_TIMER_MS), this)
  }

  cancel(): void {
    this.#end()
    this.#reply = undefined
    this.#controller?.abort(new Error('cancelled'))
  }

  fail(thrown: unknown): void {
    const kind = thrown instanceof PushRefusedError ? 'refused' : 'failed'
    this.#finish({ kind, message: describe(thrown) })
  }

  giveUp(): void {
    const message = `no complete response within ${this.#timeoutMs} ms`
    this.#finish({ kind: 'failed', message })
    this.#controller?.abort(new Error(message))
  }

  tell(): void {
    if (this.#reply !== undefined) this.#onReply(this.#reply, this.#ms)
  }

  /** Called before the first byte is written; a request that is over by then is not sent. */
  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#done) controller.abort(new Error('given up before it was sent'))
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number): void {
    this.#status = status
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#done) return
    this.#chunks ??= []
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
    if (this.#bytes <= MAX_RESPONSE_BYTES) return
    this.#respond(true)
    controller.abort(new Error('response too large'))
  }

  onResponseEnd(): void {
    this.#respond(false)
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.fail(error)
  }

  #respond(truncated: boolean): void {
    this.#finish({ kind: 'response', status: this.#status, body: this.#text(), truncated })
  }

  #text(): string {
    if (this.#chunks === undefined) return ''
    const [only] = this.#chunks
    const bytes = only !== undefined && this.#chunks.length === 1 ? only : Buffer.concat(this.#chunks)
    return bytes.toString('utf8', 0, MAX_RESPONSE_BYTES)
  }

  #finish(reply: PushReply): void {
    if (this.#done) return
    this.#end()
    this.#reply = reply
    this.#ms = performance.now() - this.#startMs
    this.#turns.add(this)
  }

  #end(): void {
    this.#done = true
    this.#chunks = undefined
    clearTimeout(this.#timer)
  }
}

function giveUp(exchange: Exchange): void {
  exchange.giveUp()
}

/** The code says most (`ECONNREFUSED`); undici wraps several addresses' errors in one. */
function describe(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown)
  const code = 'code' in thrown && typeof thrown.code === 'string' ? `${thrown.code}: ` : ''
  const inner = thrown instanceof AggregateError ? thrown.errors.map(describe).join(', ') : thrown.message
  return code + inner
}
