import { AdminServer } from '@ddmq/common/admin-http'
import { MetricsRegistry } from '@ddmq/common/metrics'
import { testLogger } from '@ddmq/testkit'
import { expect, test } from 'vitest'
import { delayRoutes } from '../../src/api/delay-routes.ts'
import type { DelayStats, FoundMessage, MessageQuery } from '../../src/app/delay-queries.ts'

const UUID = '5f0c2c1e-e6a2-11f0-8a5b-9a1b2c3d4e5f'
const ID = `1767225600-3-1767312000-5-0-60-0-${UUID}`
const ROUND_2 = `1767225720-3-1767312000-5-2-60-0-${UUID}`

const STATS: DelayStats = {
  instance: 'host:1',
  shards: [
    {
      cluster: 'c1',
      table: 'inner_table',
      shard: '0',
      role: 'owner',
      pending: 2,
      bytes: 300,
      lag: 0,
      oldestDueMs: null,
      cancels: 1,
      fired: 4,
      topics: [{ topic: 't', pending: 2, bytes: 300, asideReason: 'paused' }],
      histogram: { fromMs: 1_767_225_600_000, stepMs: 60_000, counts: [2, 0, 0], isCut: false },
    },
  ],
}
const FOUND: FoundMessage = {
  found: true,
  cluster: 'c1',
  shard: '0',
  role: 'standby',
  round: 2,
  dueMs: 1_767_225_720_000,
  bytes: 150,
  cancelledFromRound: null,
  asideReason: null,
}

async function serve() {
  const asked: MessageQuery[] = []
  const server = new AdminServer({
    host: '127.0.0.1',
    port: 0,
    log: testLogger().log,
    health: () => ({ ok: true }),
    metrics: new MetricsRegistry(),
    config: {},
    routes: delayRoutes({
      stats: async () => STATS,
      find: async message => {
        asked.push(message)
        return message.topic === 't' ? FOUND : { found: false }
      },
    }),
  })
  await server.start()
  return {
    asked,
    async get(path: string): Promise<{ readonly status: number; readonly body: unknown }> {
      const response = await fetch(`http://127.0.0.1:${server.port}${path}`)
      return { status: response.status, body: await response.json() }
    },
    [Symbol.asyncDispose]: () => server.stop(AbortSignal.abort()),
  }
}

test('CH-53 stats answers what is pending per shard and topic, with a histogram', async () => {
  await using admin = await serve()

  expect(await admin.get('/delay/stats')).toEqual({ status: 200, body: STATS })
})

test('CH-53 a message is looked up by its topic and the id of any of its rounds', async () => {
  await using admin = await serve()

  expect(await admin.get(`/delay/message?topic=t&id=${ID}`)).toEqual({ status: 200, body: FOUND })
  expect(await admin.get(`/delay/message?topic=t&id=${ROUND_2}`)).toEqual({
    status: 200,
    body: FOUND,
  })
  expect(await admin.get(`/delay/message?topic=other&id=${ID}`)).toEqual({
    status: 200,
    body: { found: false },
  })
  expect(admin.asked).toEqual([
    { topic: 't', id: ID },
    { topic: 't', id: ID },
    { topic: 'other', id: ID },
  ])
})

test.each([
  ['topic', `id=${ID}`],
  ['topic', `topic=a/b&id=${ID}`],
  ['id', 'topic=t'],
  ['id', 'topic=t&id=1-2-3'],
  ['id', `topic=t&id=0000000001-3-1767312000-5-2-60-0-${UUID}`],
])('a bad %s is refused by its name: %s', async (field, query) => {
  await using admin = await serve()

  const { status, body } = await admin.get(`/delay/message?${query}`)

  expect(status).toBe(400)
  expect(body).toEqual({
    error: { code: 'CHRONOS_QUERY_INVALID', message: expect.stringMatching(new RegExp(`^${field} `)) },
  })
  expect(admin.asked).toEqual([])
})
