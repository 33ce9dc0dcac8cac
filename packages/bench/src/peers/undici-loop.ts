/**
 * Posts the same body over and over: what a push costs where there is nothing to push (entry file of a process; where to, and how many
 * requests at a time). It listens, too: a POST of that body starts the loop, a DELETE ends it and is answered when nothing is in flight.
 */
import { createServer, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { type Dispatcher, Pool } from 'undici'
import { sayPort } from './say-port.ts'

const [origin = '', argument = ''] = process.argv.slice(2)
const concurrency = Number(argument)
const pool = new Pool(origin, { connections: concurrency, pipelining: 1, allowH2: false })
const headers = [
  ['accept', '*/*'],
  ['user-agent', 'DDMQ'],
  ['content-type', 'application/x-www-form-urlencoded'],
].flat()

let body = ''
let isPosting = false
let inFlight = 0
let ended: () => void = () => undefined

const handler: Dispatcher.DispatchHandler = {
  onRequestStart: () => undefined,
  onResponseStart(_, status) {
    if (status !== 200) throw new Error(`the receiver answered ${status}`)
  },
  onResponseData: () => undefined,
  onResponseEnd() {
    inFlight--
    if (isPosting) post()
    else if (inFlight === 0) ended()
  },
  onResponseError(_, error) {
    throw error
  },
}

function post(): void {
  inFlight++
  pool.dispatch({ path: '/push', method: 'POST', headers, body, headersTimeout: 0, bodyTimeout: 0 }, handler)
}

async function start(request: IncomingMessage): Promise<void> {
  body = await text(request)
  isPosting = true
  for (let count = 0; count < concurrency; count++) post()
}

/** Resolves when nothing is in flight. */
function stop(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  ended = resolve
  isPosting = false
  return promise
}

await sayPort(
  createServer((request, response) => {
    void (request.method === 'POST' ? start(request) : stop()).then(() => response.end())
  }),
)
