import { AdminServer, type AdminServerOptions } from '@ddmq/common/admin-http'
import { defineError } from '@ddmq/common/errors'
import type { Health } from '@ddmq/common/lifecycle'
import { Counter, MetricsRegistry } from '@ddmq/common/metrics'
import { testLogger } from '@ddmq/testkit'
import { expect, onTestFinished, test } from 'vitest'

class GroupUnknownError extends defineError('TEST_GROUP_UNKNOWN', { retryable: false, httpStatus: 404 }) {}

async function serve(options: Partial<AdminServerOptions> = {}) {
  const server = new AdminServer({
    host: '127.0.0.1',
    port: 0,
    health: () => ({ ok: true }),
    metrics: new MetricsRegistry(),
    config: {},
    log: testLogger().log,
    ...options,
  })
  await server.start()
  onTestFinished(() => server.stop(AbortSignal.abort()))
  const call = (path: string, init?: RequestInit): Promise<Response> =>
    fetch(`http://127.0.0.1:${server.port}${path}`, init)
  return { server, call }
}

test('readiness follows the service, liveness does not', async () => {
  let health: Health = { ok: false, reason: 'store: recovering' }
  const { call } = await serve({ health: () => health })

  const before = await call('/readyz')
  expect([before.status, await before.json()]).toEqual([
    503,
    { status: 'not ready', reason: 'store: recovering' },
  ])
  expect((await call('/livez')).status).toBe(200)
  health = { ok: true }
  const after = await call('/readyz?verbose=1')
  expect([after.status, await after.json()]).toEqual([200, { status: 'ready' }])
})

test('a degraded service is ready and says what is wrong', async () => {
  const { call } = await serve({ health: () => ({ ok: true, degraded: 'registry: away' }) })

  const response = await call('/readyz')

  expect([response.status, await response.json()]).toEqual([
    200,
    { status: 'ready', degraded: 'registry: away' },
  ])
})

test('metrics are in the text format of Prometheus', async () => {
  const metrics = new MetricsRegistry()
  new Counter({ name: 'ddmq_test_calls_total', help: 'Calls.', registers: [metrics] }).inc(3)
  const { call } = await serve({ metrics })

  const response = await call('/metrics')

  expect(response.headers.get('content-type')).toContain('text/plain')
  expect(await response.text()).toContain('ddmq_test_calls_total 3')
})

test('the configuration is shown without secrets', async () => {
  const { call } = await serve({ config: { store: { dir: '/data' }, adminToken: 'abc' } })

  expect(await (await call('/config')).json()).toEqual({ store: { dir: '/data' }, adminToken: '***' })
})

test('unknown paths and methods are answered in JSON, and a body does not harm', async () => {
  const { call } = await serve()

  const absent = await call('/nothing')
  expect([absent.status, await absent.json()]).toEqual([
    404,
    { error: { code: 'ADMIN_NOT_FOUND', message: 'no such path' } },
  ])
  const wrong = await call('/livez', { method: 'POST', body: 'x'.repeat(100_000) })
  expect([wrong.status, wrong.headers.get('allow'), await wrong.json()]).toEqual([
    405,
    'GET',
    { error: { code: 'ADMIN_METHOD_NOT_ALLOWED', message: 'allowed here: GET' } },
  ])
})

test('HEAD is answered like GET without a body', async () => {
  const { call } = await serve()

  const response = await call('/livez', { method: 'HEAD' })

  expect([response.status, await response.text()]).toEqual([200, ''])
})

test('routes of the service get the query; what they throw becomes a coded answer and is logged when it is ours', async () => {
  const { log, withMessage } = testLogger()
  const { call } = await serve({
    log,
    routes: [
      {
        method: 'GET',
        path: '/groups',
        handle: query => ({ status: 200, body: { name: query.get('name') } }),
      },
      {
        method: 'POST',
        path: '/groups',
        handle: () => {
          throw new GroupUnknownError('group a is unknown')
        },
      },
      {
        method: 'GET',
        path: '/bug',
        handle: () => {
          throw new TypeError('secret details')
        },
      },
    ],
  })

  expect(await (await call('/groups?name=a%20b')).json()).toEqual({ name: 'a b' })
  const unknown = await call('/groups', { method: 'POST' })
  expect([unknown.status, await unknown.json()]).toEqual([
    404,
    { error: { code: 'TEST_GROUP_UNKNOWN', message: 'group a is unknown' } },
  ])
  const bug = await call('/bug')
  expect([bug.status, await bug.text()]).toEqual([500, expect.not.stringContaining('secret details')])
  expect(withMessage('admin request failed')).toHaveLength(1)
})

test('a busy port is a coded error naming host and port', async () => {
  const { server } = await serve()

  await expect(serve({ port: server.port })).rejects.toMatchObject({
    code: 'ADMIN_LISTEN_FAILED',
    message: `admin port 127.0.0.1:${server.port} cannot be listened on`,
    details: { host: '127.0.0.1', port: server.port },
  })
})

test('stop waits for a request in progress and cuts it at the deadline', async () => {
  const entered = Promise.withResolvers<void>()
  const { server, call } = await serve({
    routes: [
      {
        method: 'GET',
        path: '/slow',
        handle: () => {
          entered.resolve()
          return new Promise(() => undefined)
        },
      },
    ],
  })
  const answered = call('/slow').then(
    () => 'answered',
    () => 'cut',
  )
  await entered.promise
  const deadline = new AbortController()

  const stopping = server.stop(deadline.signal)
  deadline.abort()
  await stopping

  expect(await answered).toBe('cut')
})
