import { createServer, type RequestListener, type Server } from 'node:http'
import type { Component } from '@ddmq/common/lifecycle'
import { ListenError } from '../errors.ts'

/** The console's listener. At stop it takes no more connections, ends streams, and waits for calls under way. */
export class HttpServer implements Component {
  readonly name = 'console http'
  readonly #host: string
  readonly #port: number
  readonly #stopping = new AbortController()
  readonly #server: Server

  constructor(host: string, port: number, createListener: (stopping: AbortSignal) => RequestListener) {
    this.#host = host
    this.#port = port
    this.#server = createServer({ requestTimeout: 60_000 }, createListener(this.#stopping.signal))
  }

  /** Port listened on, which the system chose where 0 was configured. */
  get port(): number {
    const address = this.#server.address()
    return typeof address === 'object' && address !== null ? address.port : this.#port
  }

  async start(): Promise<void> {
    try {
      await new Promise<void>((resolve, reject) => {
        this.#server.once('error', reject)
        this.#server.listen(this.#port, this.#host, resolve)
      })
    } catch (cause) {
      throw new ListenError(
        `the console cannot listen on ${this.#host}:${this.#port}: is another process using the port?`,
        { cause },
      )
    }
  }

  async stop(deadline: AbortSignal): Promise<void> {
    this.#stopping.abort()
    const closed = new Promise<void>(resolve => {
      this.#server.close(() => resolve())
    })
    const force = () => this.#server.closeAllConnections()
    deadline.addEventListener('abort', force, { once: true })
    this.#server.closeIdleConnections()
    await closed
    deadline.removeEventListener('abort', force)
  }
}
