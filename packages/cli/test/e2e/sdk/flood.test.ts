import type { ThriftConnection } from '@ddmq/common/thrift'
import { eventually } from '@ddmq/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startHookServer } from '../hook-server.ts'
import { RunningDdmq } from './running-ddmq.ts'
import { bodiesOf, pull } from './wire-calls.ts'

const MIB = 1024 * 1024
const BODY_BYTES = 64 * 1024
const MESSAGES = 960
const AT_ONCE = 32
/** Node with all services, RocksDB's memory and the sockets; the budget comes on top. */
const BASE_RSS_BYTES = 400 * MIB
const BUDGET_BYTES = 32 * MIB

let running: RunningDdmq
beforeAll(async () => {
  running = await RunningDdmq.start({ memoryBudgetBytes: BUDGET_BYTES })
}, 60_000)
afterAll(() => running[Symbol.asyncDispose]())

test('60 MiB that nobody confirms and an endpoint that hangs neither grow the process, nor stop others, nor lose a message', async () => {
  const hook = await startHookServer(() => undefined)
  const { topic, group } = await running.createQueue({
    partitions: 4,
    subscription: { timeoutMs: 2000, maxRetry: -1 },
  })
  await running.subscribe(topic, { push: { urls: [hook.url] }, maxRetry: -1, timeoutMs: 60_000 })
  const greedy = startGreedyConsumer(await running.connect(9713), group)
  const producer = await running.producer({ maxRetries: 0 })

  const stored: string[] = []
  const codes = new Set<number>()
  const send = async (key: string): Promise<void> => {
    const { code } = await producer.send({ topic, key, body: Buffer.alloc(BODY_BYTES, key) })
    codes.add(code)
    if (code === 0) stored.push(key)
  }
  for (let from = 0; from < MESSAGES; from += AT_ONCE) {
    await Promise.all(Array.from({ length: AT_ONCE }, (_, n) => send(String(from + n))))
  }
  await eventually(() => expect(hook.received.length).toBeGreaterThan(0))
  const other = await running.createQueue()
  const toOther = await producer.send({ topic: other.topic, body: 'small' })
  const fromOther = await pull(await running.connect(9713), other.group)
  await greedy.stop()

  const consumer = await running.consumer(group, { concurrency: 16, ordering: 'none' })
  const received = new Set<string>()
  void consumer.run(({ message: { key = '', body } }) => {
    if (Buffer.alloc(BODY_BYTES, key).equals(body)) received.add(key)
  })

  // 15 is what a producer is told that sends more than memory allows.
  expect([...codes].filter(code => code !== 0 && code !== 15)).toEqual([])
  expect(stored.length).toBeGreaterThan(MESSAGES / 2)
  expect(toOther.code).toBe(0)
  expect(bodiesOf(fromOther)).toEqual(['small'])
  await eventually(() => expect([...received].toSorted()).toEqual(stored.toSorted()), 30_000)
  expect(await running.peakRssBytes()).toBeLessThan(BASE_RSS_BYTES + BUDGET_BYTES)
})

/** Pulls as much as it gets and confirms nothing. */
function startGreedyConsumer(connection: ThriftConnection, group: string) {
  const over = new AbortController()
  const pulling = (async () => {
    while (!over.signal.aborted) await pull(connection, group, { maxBatchSize: 100, maxLingerTime: 100 })
  })()
  return {
    async stop() {
      over.abort()
      await pulling
    },
  }
}
