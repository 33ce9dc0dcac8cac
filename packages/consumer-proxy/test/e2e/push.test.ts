import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { eventually, tempDir } from '@ddmq/testkit'
import { expect, test } from 'vitest'
import { TestProxy } from './proxy-fixture.ts'

/** An HTTP receiver that answers what it is told and keeps the bodies. */
async function receiver(answer: () => string | Promise<string>) {
  const bodies: string[] = []
  const server = createServer((request, response) => {
    const reply = async (): Promise<void> => {
      const body = await text(request)
      bodies.push(body)
      response.end(await answer())
    }
    void reply()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    bodies,
    url: `http://127.0.0.1:${port}/in`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

const PUSH = { actions: ['Async', 'FormParams', 'AsyncHttp'] }

test('CP-42 a group of a running proxy has its messages pushed, without anybody pulling', async () => {
  await using dir = await tempDir()
  await using endpoint = await receiver(() => '{"errno":0}')
  await using proxy = await TestProxy.start(dir.path)
  await proxy.serve('g', { ...PUSH, topic: 'orders', partitions: 2, urls: [endpoint.url] })
  await proxy.append('orders', 0, ['a', 'b'])
  await proxy.append('orders', 1, ['c'])
  await eventually(async () => expect(await proxy.metric('consumed_messages_total', 'g')).toBe(3))
  const params = endpoint.bodies.map(body => new URLSearchParams(body).get('params') ?? '')
  expect(new Set(params)).toEqual(new Set(['a', 'b', 'c']))
  await eventually(async () => expect(await proxy.committed('g', 'orders')).toEqual([2, 1]))
})

test('CP-44 what an endpoint refuses until its retries are spent is found in the dead-letter topic', async () => {
  await using dir = await tempDir()
  await using endpoint = await receiver(() => '{"errno":7}')
  await using proxy = await TestProxy.start(dir.path)
  await proxy.serve('g', { ...PUSH, topic: 'orders', urls: [endpoint.url], retryIntervals: [1] })
  await proxy.append('orders', 0, ['bad'])
  await eventually(async () =>
    expect(await proxy.metric('dead_letters_total', 'businessRetriesExhausted')).toBe(1),
  )
  expect(endpoint.bodies).toHaveLength(2)
  await proxy.serve('reader', { topic: 'ddmq.dead.g' })
  expect(await (await proxy.connect()).consume('reader', 1)).toEqual(['bad'])
})

test('CP-34 a slow endpoint has at most concurrency messages under way, and the log waits', async () => {
  await using dir = await tempDir()
  const release = Promise.withResolvers<string>()
  await using endpoint = await receiver(() => '')
  await using slow = await receiver(() => release.promise)
  await using proxy = await TestProxy.start(dir.path)
  const slowTopic = { ...PUSH, topic: 'slow', urls: [slow.url], concurrency: 5, timeout: 20_000 }
  await proxy.serve('g', slowTopic, { ...PUSH, topic: 'quick', urls: [endpoint.url] })
  await proxy.append(
    'slow',
    0,
    Array.from({ length: 50 }, () => 'x'),
  )
  await proxy.append(
    'quick',
    0,
    Array.from({ length: 50 }, () => 'y'),
  )
  await eventually(async () => expect(await proxy.metric('consumed_messages_total', 'quick')).toBe(50))
  expect(await proxy.metric('inflight_messages', 'slow')).toBe(5)
  release.resolve('')
  await eventually(async () => expect(await proxy.metric('consumed_messages_total', 'slow')).toBe(50))
})
