import { eventually } from '@ddmq/testkit'
import { expect, test } from 'vitest'
import { createConsumer, type Outcome } from '../src/index.ts'
import { testConsumer, textOf } from './support/consumer.ts'
import { startConsumerProxy } from './support/fake-consumer-proxy.ts'
import { RecordingMetrics } from './support/recording-metrics.ts'

test('a message arrives with all its parts and is acknowledged', async () => {
  const proxy = await startConsumerProxy()
  proxy.add(2, 'grün')
  const consumer = await testConsumer([proxy.endpoint])
  const seen: unknown[] = []

  void consumer.run(
    ({ message, context }) => void seen.push({ ...message, body: message.body.toString(), context }),
  )
  await eventually(() => expect(proxy.group.lag).toBe(0))

  expect(seen).toMatchObject([
    { topic: 't', qid: 't_2', offset: 0, key: 'key-grün', context: { group: 'cg', topic: 't', qid: 't_2' } },
  ])
  expect(proxy.outcomes).toMatchObject([{ qid: 't_2', offset: 0, outcome: 'success' }])
})

test('SD-43 a handler that throws makes its message FAIL and the loop goes on', async () => {
  const proxy = await startConsumerProxy()
  proxy.add(0, 'a', 'bad', 'c')
  const consumer = await testConsumer([proxy.endpoint])
  let throwing = true

  void consumer.run(delivery => {
    if (textOf(delivery) !== 'bad' || !throwing) return
    throwing = false
    throw new Error('planted')
  })
  await eventually(() => expect(proxy.group.acknowledged).toHaveLength(3))

  expect(proxy.outcomes.filter(({ offset }) => offset === 1).map(({ outcome }) => outcome)).toEqual([
    'fail',
    'success',
  ])
})

test('SD-44 a batch handler that throws makes all its messages FAIL and the loop goes on', async () => {
  const proxy = await startConsumerProxy()
  proxy.add(0, 'a', 'b', 'c')
  const consumer = await testConsumer([proxy.endpoint])
  const sizes: number[] = []

  void consumer.runBatch(deliveries => {
    sizes.push(deliveries.length)
    if (sizes.length === 1) throw new Error('planted')
  })
  await eventually(() => expect(proxy.group.acknowledged).toHaveLength(3))

  expect(sizes[0]).toBe(3)
  expect(proxy.outcomes.slice(0, 3).map(({ outcome }) => outcome)).toEqual(['fail', 'fail', 'fail'])
})

test('a batch handler gives each message its own outcome; those left out are not reported', async () => {
  const proxy = await startConsumerProxy()
  proxy.add(0, 'ok', 'bad', 'left out')
  const consumer = await testConsumer([proxy.endpoint])

  void consumer.runBatch(deliveries => {
    const outcomes: [(typeof deliveries)[number], Outcome][] = []
    for (const delivery of deliveries) {
      if (textOf(delivery) === 'ok') outcomes.push([delivery, 'SUCCESS'])
      if (textOf(delivery) === 'bad') outcomes.push([delivery, 'FAIL'])
    }
    return new Map(outcomes)
  })
  await eventually(() => expect(proxy.group.deadLetters).toHaveLength(1))

  expect(proxy.group.acknowledged.map(({ offset }) => offset)).toEqual([0])
  expect(proxy.outcomes.some(({ offset }) => offset === 2)).toBe(false)
})

test('the first outcome counts, SKIP is not reported, and nonsense is a failure', async () => {
  const proxy = await startConsumerProxy()
  proxy.add(0, 'acked', 'failed', 'skipped', 'nonsense')
  const consumer = await testConsumer([proxy.endpoint])

  void consumer.run(delivery => {
    const text = textOf(delivery)
    if (text === 'acked') delivery.ack()
    if (text === 'failed') delivery.fail()
    if (text === 'skipped') return 'SKIP'
    if (text === 'nonsense') return 'YES' as Outcome
    return 'FAIL'
  })
  await eventually(() => expect(proxy.group.deadLetters).toHaveLength(2))

  expect(proxy.group.acknowledged.map(({ offset }) => offset)).toEqual([0])
  expect(proxy.group.deadLetters.map(({ offset }) => offset)).toEqual(expect.arrayContaining([1, 3]))
  expect(proxy.outcomes.some(({ offset }) => offset === 2)).toBe(false)
})

test('SD-46 with ordering by queue handlers of a queue never overlap and start in offset order', async () => {
  const proxy = await startConsumerProxy()
  for (let index = 0; index < 40; index += 1) proxy.add(index % 3, String(index))
  const consumer = await testConsumer([proxy.endpoint], { concurrency: 4 })
  const running = new Set<string>()
  const started = new Map<string, number[]>()
  let overlaps = 0

  void consumer.run(async ({ message: { qid, offset } }) => {
    if (running.has(qid)) overlaps += 1
    running.add(qid)
    started.set(qid, [...(started.get(qid) ?? []), offset])
    await new Promise(resolve => setImmediate(resolve))
    running.delete(qid)
  })
  await eventually(() => expect(proxy.group.lag).toBe(0))

  expect(overlaps).toBe(0)
  for (const offsets of started.values()) expect(offsets).toEqual(offsets.toSorted((a, b) => a - b))
})

test('no more than `concurrency` handlers run, and no pull asks for more than are free', async () => {
  const proxy = await startConsumerProxy()
  proxy.add(0, ...Array.from({ length: 50 }, (_, index) => String(index)))
  const consumer = await testConsumer([proxy.endpoint], { concurrency: 3, ordering: 'none' })
  let running = 0
  let most = 0

  void consumer.run(async () => {
    running += 1
    most = Math.max(most, running)
    await new Promise(resolve => setImmediate(resolve))
    running -= 1
  })
  await eventually(() => expect(proxy.group.lag).toBe(0))

  expect(most).toBe(3)
  expect(Math.max(...proxy.pulls.map(({ maxBatchSize }) => maxBatchSize ?? 0))).toBe(3)
})

test('an outcome does not wait for the slowest handler, nor for the pull that is parked', async () => {
  const proxy = await startConsumerProxy()
  proxy.add(0, 'slow')
  proxy.add(1, 'fast')
  const consumer = await testConsumer([proxy.endpoint], { lingerMs: 2000 })
  const slow = Promise.withResolvers<void>()

  void consumer.run(async delivery => {
    if (textOf(delivery) === 'slow') await slow.promise
  })
  await eventually(() => expect(proxy.outcomes).toMatchObject([{ qid: 't_1', outcome: 'success' }]))
  slow.resolve()
  await eventually(() => expect(proxy.group.lag).toBe(0))

  expect(proxy.outcomes.map(({ by }) => by)).toContain('submit')
  proxy.group.wake()
})

test('outcomes of quick handlers travel with the next pull', async () => {
  const proxy = await startConsumerProxy()
  proxy.add(0, 'a', 'b', 'c', 'd')
  const consumer = await testConsumer([proxy.endpoint])

  void consumer.run(() => {})
  await eventually(() => expect(proxy.group.lag).toBe(0))

  expect(proxy.outcomes.map(({ by }) => by)).toContain('pull')
})

test('a handler that takes too long is told to abort, its message fails and the queue goes on', async () => {
  const proxy = await startConsumerProxy()
  proxy.add(0, 'stuck', 'next')
  const consumer = await testConsumer([proxy.endpoint], { handlerTimeoutMs: 20 })
  let aborted = 0

  void consumer.run(async delivery => {
    if (textOf(delivery) === 'next') return
    await new Promise<void>(resolve => {
      delivery.signal.addEventListener('abort', () => {
        aborted += 1
        resolve()
      })
    })
  })
  await eventually(() => expect(proxy.group.lag).toBe(0))

  expect(proxy.group.deadLetters.map(({ key }) => key)).toEqual(['key-stuck'])
  expect(aborted).toBe(3)
})

test('deliveries can be iterated; leaving the loop stops the consumer and skips the one at hand', async () => {
  const proxy = await startConsumerProxy()
  proxy.add(0, 'a', 'b', 'c')
  const consumer = await testConsumer([proxy.endpoint])
  const seen: string[] = []

  for await (const delivery of consumer) {
    seen.push(textOf(delivery))
    if (seen.length === 2) break
    delivery.ack()
  }

  expect(seen).toEqual(['a', 'b'])
  expect(proxy.group.acknowledged.map(({ key }) => key)).toEqual(['key-a'])
  await expect(consumer.run(() => {})).rejects.toMatchObject({ code: 101 })
})

test('topics are pulled one by one', async () => {
  const proxy = await startConsumerProxy()
  proxy.add(0, 'a')
  const consumer = await testConsumer([proxy.endpoint], { topics: ['t', 'other'] })

  void consumer.run(() => {})
  await eventually(() => expect(proxy.group.lag).toBe(0))

  expect(new Set(proxy.pulls.map(({ topic }) => topic))).toEqual(new Set(['t', 'other']))
})

test('stats come from the first endpoint that has any', async () => {
  const proxy = await startConsumerProxy()
  const consumer = await testConsumer([proxy.endpoint])

  expect(await consumer.stats()).toMatchObject([
    { group: 'cg', topic: 't', consumeOffsets: new Map([['t_0', 3]]) },
  ])
  expect(await consumer.stats('none')).toEqual([])
})

test('counters tell what became of the messages', async () => {
  const proxy = await startConsumerProxy()
  proxy.add(0, 'a', 'b')
  const metrics = new RecordingMetrics()
  const consumer = await testConsumer([proxy.endpoint], { metrics })

  void consumer.run(delivery => (textOf(delivery) === 'a' ? 'SUCCESS' : 'SKIP'))
  await eventually(() => expect(metrics.sum('ddmq_client_messages_total')).toBe(2))

  expect(metrics.sum('ddmq_client_messages_total', { result: 'success' })).toBe(1)
  expect(metrics.sum('ddmq_client_messages_total', { result: 'skip' })).toBe(1)
})

test.each([
  ['group', { group: 'a b' }],
  ['topics', { topics: [] }],
  ['concurrency', { concurrency: 0 }],
  ['ordering', { ordering: 'key' }],
  ['requestTimeoutMs', { lingerMs: 3000 }],
  ['lingermillis', { lingermillis: 5 }],
])('a wrong option %s is refused by name: %j', async (name, options) => {
  const made = createConsumer({ group: 'cg', endpoints: ['a:1'], ...(options as object) })

  await expect(made).rejects.toThrow(
    expect.objectContaining({ code: 102, message: expect.stringContaining(name) }),
  )
})

test('a loop that is slow gets no delivery whose outcome the time limit has decided already', async () => {
  const proxy = await startConsumerProxy()
  proxy.add(0, 'slow', 'expired', 'last')
  const consumer = await testConsumer([proxy.endpoint], { handlerTimeoutMs: 100, ordering: 'none' })
  const failed = () =>
    new Set(proxy.outcomes.filter(({ outcome }) => outcome === 'fail').map(each => each.offset))
  const decided: boolean[] = []

  for await (const delivery of consumer) {
    decided.push(delivery.signal.aborted)
    if (decided.length === 2) break
    await eventually(() => expect(failed().size).toBe(3))
  }

  expect(decided).toEqual([false, false])
})
