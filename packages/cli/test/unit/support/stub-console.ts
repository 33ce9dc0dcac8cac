import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { json } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'

export interface StubConsole {
  readonly url: string
  /** `METHOD path` below the API's root, with the body where there was one. */
  readonly calls: (readonly [call: string, body?: unknown])[]
}

const ROOT = '/carrera/api/ddmq/v1'

/** A console that answers every call with what stands for `METHOD path`, or refuses it. Ends with the test. */
export async function startStubConsole(answers: Readonly<Record<string, unknown>>): Promise<StubConsole> {
  const calls: (readonly [string, unknown?])[] = []
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const call = `${request.method} ${request.url?.slice(ROOT.length)}`
    const hasBody = request.method === 'POST' || request.method === 'PUT'
    calls.push(hasBody ? [call, await json(request)] : [call])
    const refusal = { errno: 1, errmsg: `no ${call} here`, data: null }
    const envelope = call in answers ? { errno: 0, errmsg: 'SUCCESS', data: answers[call] } : refusal
    response.end(JSON.stringify(envelope))
  }
  const server = createServer((request, response) => void answer(request, response)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('a TCP server has an address object')
  return { url: `http://127.0.0.1:${address.port}`, calls }
}
