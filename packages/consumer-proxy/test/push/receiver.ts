import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Received {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

type Answer = (response: ServerResponse, received: Received, index: number) => void

/** A real HTTP server that keeps what it got. */
export class Receiver implements AsyncDisposable {
  readonly requests: Received[] = []
  connections = 0
  readonly #server
  #answer: Answer

  constructor(answer: Answer) {
    this.#answer = answer
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        const { method = '', url = '', headers } = request
        const received = { method, path: url, headers, body: Buffer.concat(chunks).toString('utf8') }
        this.requests.push(received)
        this.#answer(response, received, this.requests.length - 1)
      })
    })
    this.#server.on('connection', () => (this.connections += 1))
  }

  static async start(answer: Answer = response => response.end(), port = 0): Promise<Receiver> {
    const receiver = new Receiver(answer)
    receiver.#server.listen(port, '127.0.0.1')
    await once(receiver.#server, 'listening')
    return receiver
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  answer(next: Answer): void {
    this.#answer = next
  }

  counts(): string[] {
    return this.requests.map(({ body }) => /carrera_req_cnt=(.*)$/.exec(body)?.[1] ?? '')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close()
    this.#server.closeAllConnections()
    await once(this.#server, 'close')
  }
}

export function answering(status: number, body = ''): Answer {
  return response => response.writeHead(status).end(body)
}
