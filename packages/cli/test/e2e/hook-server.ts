import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'

interface Hooked {
  readonly headers: IncomingHttpHeaders
  readonly form: URLSearchParams
}

/** A real HTTP endpoint that messages are pushed to. */
export interface HookServer {
  readonly url: string
  readonly received: readonly Hooked[]
}

const accept = (response: ServerResponse): void => void response.end('{"errno":0}')

/** `answer` may leave the request hanging by not answering. */
export async function startHookServer(answer = accept): Promise<HookServer> {
  const received: Hooked[] = []
  const receive = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    received.push({ headers: request.headers, form: new URLSearchParams(await text(request)) })
    answer(response)
  }
  const server = createServer((request, response) => {
    receive(request, response).catch(() => response.destroy()) // The sender went away in the middle of it.
  }).listen(0, '127.0.0.1')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  await once(server, 'listening')
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, received }
}
