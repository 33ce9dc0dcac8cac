import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { DdmqError, describeError } from '../errors/index.ts'
import type { Component } from '../lifecycle/component.ts'
import type { Logger } from '../log/index.ts'
import type { AdminResponse, AdminRoute } from './admin-route.ts'
import { AdminListenError } from './errors.ts'
import { type StandardRoutesOptions, standardRoutes } from './standard-routes.ts'

export interface AdminServerOptions extends StandardRoutesOptions {
  readonly host: string
  /** 0 lets the system choose; see `port`. */
  readonly port: number
  readonly log: Logger
  readonly routes?: readonly AdminRoute[]
}

/**
 * The admin port of a service: `/livez /readyz /metrics /config` and routes of the service's own. List it first among
 * the components, so that it answers "alive, not ready" while the others start, and until the last one stopped.
 */
export class AdminServer implements Component {
  readonly name = 'admin-http'
  readonly #options: AdminServerOptions
  readonly #routes: readonly AdminRoute[]
  readonly #server = createServer((request, response) => void this.#answer(request, response))

  constructor(options: AdminServerOptions) {
    this.#options = options
    this.#routes = [...standardRoutes(options), ...(options.routes ?? [])]
  }

  /** The port it listens on, once started. */
  get port(): number {
    const address = this.#server.address()
    return typeof address === 'object' && address !== null ? address.port : this.#options.port
  }

  async start(): Promise<void> {
    const { host, port } = this.#options
    try {
      this.#server.listen({ host, port })
      await once(this.#server, 'listening')
    } catch (cause) {
      throw new AdminListenError(`admin port ${host}:${port} cannot be listened on`, {
        cause,
        details: { host, port },
      })
    }
  }

  async stop(deadline: AbortSignal): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    const cut = (): void => this.#server.closeAllConnections()
    if (deadline.aborted) cut()
    deadline.addEventListener('abort', cut, { once: true })
    await closed
    deadline.removeEventListener('abort', cut)
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // Nothing here takes a body; what comes is read and dropped so that the connection stays usable.
    request.resume()
    send(response, request.method ?? '', await this.#respond(request))
  }

  async #respond(request: IncomingMessage): Promise<Answer> {
    const url = URL.parse(request.url ?? '/', 'http://admin')
    const routes = this.#routes.filter(route => route.path === url?.pathname)
    if (url === null || routes.length === 0) return failure(404, 'ADMIN_NOT_FOUND', 'no such path')
    const method = request.method === 'HEAD' ? 'GET' : request.method
    const route = routes.find(candidate => candidate.method === method)
    if (route === undefined) {
      const allow = routes.map(candidate => candidate.method).join(', ')
      return { ...failure(405, 'ADMIN_METHOD_NOT_ALLOWED', `allowed here: ${allow}`), allow }
    }
    try {
      return await route.handle(url.searchParams)
    } catch (thrown) {
      return this.#failed(route, thrown)
    }
  }

  #failed(route: AdminRoute, thrown: unknown): Answer {
    if (thrown instanceof DdmqError && thrown.httpStatus < 500) {
      return failure(thrown.httpStatus, thrown.code, describeError(thrown))
    }
    this.#options.log.error({ err: thrown, path: route.path }, 'admin request failed')
    return failure(500, thrown instanceof DdmqError ? thrown.code : 'INTERNAL', 'see the log of the service')
  }
}

type Answer = AdminResponse & { readonly allow?: string }

function failure(status: number, code: string, message: string): Answer {
  return { status, body: { error: { code, message } } }
}

function send(response: ServerResponse, method: string, answer: Answer): void {
  const { body } = answer
  const [text, usualType] =
    typeof body === 'string' ? [body, 'text/plain'] : [`${JSON.stringify(body)}\n`, 'application/json']
  response.writeHead(answer.status, {
    'content-type': answer.contentType ?? `${usualType}; charset=utf-8`,
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    ...(answer.allow !== undefined && { allow: answer.allow }),
  })
  response.end(method === 'HEAD' ? undefined : text)
}
