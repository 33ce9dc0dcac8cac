import { Agent } from 'undici'
import { PushRefusedError } from '../../core/push/errors.ts'
import type { HttpPushClient, PushCall, PushReply, PushRequest, PushTarget } from '../../core/push/ports.ts'
import { Exchange } from './exchange.ts'
import { isClosedHost } from './public-address.ts'
import { publicLookup } from './public-lookup.ts'
import { ReplyTurns } from './reply-turns.ts'

const CONNECT_TIMEOUT_MS = 5000

/**
 * HTTP/1.1 client of a process, over undici's dispatcher, which neither follows redirects nor sends a request again.
 *
 * A receiver that closes a kept-alive connection at the moment a request is written makes the request fail: whether it was
 * read is unknown, so the retry budget decides and not this client.
 */
export class UndiciPushClient implements HttpPushClient {
  readonly #anywhere = new Agent(OPTIONS)
  readonly #publicOnly = new Agent({ ...OPTIONS, connect: { lookup: publicLookup } })
  readonly #turns = new ReplyTurns()

  send(request: PushRequest, onReply: (reply: PushReply, ms: number) => void): PushCall {
    const { target } = request
    const exchange = new Exchange(request.timeoutMs, onReply, this.#turns)
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

/** An address in a URL is connected to without a look-up, so it is checked here. */
function refuseClosedHost({ origin, publicOnly }: PushTarget): void {
  if (!publicOnly) return
  const { hostname } = new URL(origin)
  if (isClosedHost(hostname)) throw new PushRefusedError(`${hostname} is not a public address`)
}
