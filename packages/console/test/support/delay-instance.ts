import { once } from 'node:events'
import { createServer } from 'node:http'

/** What an instance of the delay service answers to a path with its query; `hang` never does. */
type Replies = Readonly<Record<string, unknown>>

/** The admin port of an instance of the delay service that says what a test wants. */
export async function startDelayInstance(replies: Replies) {
  const asked: string[] = []
  const server = createServer((request, response) => {
    const path = request.url ?? ''
    asked.push(path)
    const reply = replies[path]
    if (reply === 'hang') return
    response.writeHead(reply === undefined ? 404 : 200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(reply ?? {}))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** One shard as an instance reports it. */
export function shardReport(shard: string, role: 'owner' | 'standby', overrides: object = {}) {
  return {
    cluster: 'R_default',
    table: 'R_test_chronos_inner_table',
    shard,
    role,
    pending: 0,
    bytes: 0,
    lag: 0,
    oldestDueMs: null,
    cancels: 0,
    fired: 0,
    topics: [],
    histogram: { fromMs: 0, stepMs: 60_000, counts: [], isCut: false },
    ...overrides,
  }
}

export function pendingOf(topic: string, pending: number, asideReason: string | null = null) {
  return { topic, pending, bytes: pending * 10, asideReason }
}
