import { Agent, type Dispatcher } from 'undici'
import { PushRefusedError } from '../../core/push/errors.ts'
import type { HttpPushClient, PushCall, PushReply, PushRequest, PushTarget } from '../../core/push/ports.ts'
import { isClosedHost } from './public-address.ts'
import { publicLookup } from './public-lookup.ts'

const CONNECT_TIMEOUT_MS = 5000
/** More of a response is not read: what decides is an errno in a small object. */
const MAX_RESPONSE_BYTES = 65_536
/** A longer timer would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1

/**
 * HTTP/1.1 client of a process, over undici's dispatcher, which neither follows redirects nor sends a request again.
 *
 * A receiver that closes a kept-alive connection at the moment a request is written makes the request fail: whether it was
 * read is unknown, so the retry budget decides and not this client.
 */
export class UndiciPushClient implements HttpPushClient {
  readonly #anywhere = new Agent(OPTIONS)
  readonly #publicOnly = new Agent({ ...OPTIONS, connect: { lookup: publicLookup } })

  send(request: PushRequest): PushCall {
    const { target } = request
    const exchange = new Exchange(request.timeoutMs)
    const agent = target.publicOnly ? this.#publicOnly : this.#anywhere
    try {
      refuseClosedHost(target)
      agent.dispatch(
        {
          origin: target.origin,
          path: target.path,
          method: request.method,
          headers: [...request.headers],
          body: request.body,
          headersTimeout: 0,
          bodyTimeout: 0,
        },
        exchange,
      )
    } catch (thrown) {
      exchange.fail(thrown)
    }
    return exchange
  }

  /** Breaks what is under way. */
  async close(): Promise<void> {
    await Promise.all([this.#anywhere.destroy(), this.#publicOnly.destroy()])
  }
}

const OPTIONS: Agent.Options = { allowH2: false, pipelining: 1, connectTimeout: CONNECT_TIMEOUT_MS }

/** One request and its response. Hot: one object and one timer per request. */
class Exchange implements Dispatcher.DispatchHandler, PushCall {
  readonly reply: Promise<PushReply>
  readonly #timer: NodeJS.Timeout
  #resolve: (reply: PushReply) => void = () => undefined
  #controller: Dispatcher.DispatchController | undefined
  #done = false
  #status = 0
  #chunks: Buffer[] = []
  #bytes = 0

  constructor(timeoutMs: number) {
    this.reply = new Promise(resolve => {
      this.#resolve = resolve
    })
    const giveUp = () => this.#giveUp(`no complete response within ${timeoutMs} ms`)
    this.#timer = setTimeout(giveUp, Math.min(timeoutMs, MAX_TIMER_MS))
  }

  cancel(): void {
    this.#end()
    this.#controller?.abort(new Error('cancelled'))
  }

  fail(thrown: unknown): void {
    const kind = thrown instanceof PushRefusedError ? 'refused' : 'failed'
    this.#finish({ kind, message: describe(thrown) })
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

  #giveUp(message: string): void {
    this.#finish({ kind: 'failed', message })
    this.#controller?.abort(new Error(message))
  }

  #respond(truncated: boolean): void {
    const [only = Buffer.alloc(0)] = this.#chunks
    const bytes = this.#chunks.length <= 1 ? only : Buffer.concat(this.#chunks)
    const body = bytes.toString('utf8', 0, MAX_RESPONSE_BYTES)
    this.#finish({ kind: 'response', status: this.#status, body, truncated })
  }

  #finish(reply: PushReply): void {
    if (this.#done) return
    this.#end()
    this.#resolve(reply)
  }

  #end(): void {
    this.#done = true
    this.#chunks = []
    clearTimeout(this.#timer)
  }
}

/** An address in a URL is connected to without a look-up, so it is checked here. */
function refuseClosedHost({ origin, publicOnly }: PushTarget): void {
  if (!publicOnly) return
  const { hostname } = new URL(origin)
  if (isClosedHost(hostname)) throw new PushRefusedError(`${hostname} is not a public address`)
}

/** The code says most (`ECONNREFUSED`); undici wraps several addresses' errors in one. */
function describe(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown)
  const code = 'code' in thrown && typeof thrown.code === 'string' ? `${thrown.code}: ` : ''
  const inner = thrown instanceof AggregateError ? thrown.errors.map(describe).join(', ') : thrown.message
  return code + inner
}
