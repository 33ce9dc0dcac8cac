import { eventually } from '@ddmq/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startHookServer } from './hook-server.ts'
import { RunningDdmq } from './running-ddmq.ts'
import { pull } from './wire-calls.ts'

const MIB = 1024 * 1024
const BODY_BYTES = 64 * 1024
const MESSAGES = 960
/** Node with all services, RocksDB's memory and the sockets; the budget comes on top. */
const BASE_RSS_BYTES = 400 * MIB
const BUDGET_BYTES = 32 * MIB

let running: RunningDdmq
beforeAll(async () => {
  running = await RunningDdmq.start({ memoryBudgetBytes: BUDGET_BYTES })
}, 60_000)
afterAll(() => running[Symbol.asyncDispose]())

test('60 MiB that nobody confirms and an endpoint that hangs neither grow the process nor lose a message', async () => {
  const hook = await startHookServer(() => undefined)
  const { topic, group } = await running.createQueue({
    partitions: 4,
    subscription: { timeoutMs: 2000, maxRetry: -1, retryIntervals: [100, -1] },
  })
  await running.subscribe(topic, { push: { urls: [hook.url] }, maxRetry: -1, timeoutMs: 60_000 })
  const producer = await running.producer({ maxRetries: 0 })
  const greedy = await running.connect(9713)
  let isOver = false
  const pulling = (async () => {
    while (!isOver) await pull(greedy, group, { maxBatchSize: 100, maxLingerTime: 100 })
  })()

  const stored: string[] = []
  const codes = new Map<number, number>()
  const send = async (n: number): Promise<void> => {
    const body = Buffer.alloc(BODY_BYTES, String(n).padStart(8, '0'))
    const { code } = await producer.send({ topic, key: String(n), body })
    codes.set(code, (codes.get(code) ?? 0) + 1)
    if (code === 0) stored.push(String(n))
  }
  for (let from = 0; from < MESSAGES; from += 32) {
    await Promise.all(Array.from({ length: 32 }, (_, n) => send(from + n)))
  }
  await eventually(() => expect(hook.received.length).toBeGreaterThan(0))
  isOver = true
  await pulling
console.log([...codes], stored.length, hook.received.length, (await running.peakRssBytes())/MIB)
  const consumer = await running.consumer(group, { concurrency: 16, ordering: 'none' })
  const received = new Map<string, number>()
  void consumer.run(({ message }) => {
    const isWhole = message.body.length === BODY_BYTES
    if (isWhole) received.set(message.key ?? '', message.body.length)
  })

  await eventually(() => expect([...received.keys()].toSorted()).toEqual(stored.toSorted()), 30_000)
  const peak = await running.peakRssBytes()
console.log(peak/MIB)
  expect([...codes.keys()].filter(code => code !== 0 && code !== 15)).toEqual([])
  expect(peak).toBeLessThan(BASE_RSS_BYTES + BUDGET_BYTES)
})
