import { eventually } from '@ddmq/testkit'
import { expect, test } from 'vitest'
import { testConsumer, textOf } from './support/consumer.ts'
import { startConsumerProxy } from './support/fake-consumer-proxy.ts'
import { RecordingMetrics } from './support/recording-metrics.ts'

test('SD-45 stop returns after the running handler ended and its outcome was submitted', async () => {
  const proxy = await startConsumerProxy()
  proxy.add(0, 'slow')
  const consumer = await testConsumer([proxy.endpoint])
  const finish = Promise.withResolvers<void>()
  const started = Promise.withResolvers<void>()
  const running = consumer.run(async () => {
    started.resolve()
    await finish.promise
  })
  await started.promise

  const stopping = consumer.stop()
  finish.resolve()

  expect(await stopping).toEqual({ processed: 1, aborted: 0, unsubmitted: 0 })
  expect(proxy.group.acknowledged).toHaveLength(1)
  await running
  expect(await consumer.stop()).toBe(await stopping)
  await eventually(() => expect(proxy.gate.open).toBe(0))
})

test('stop aborts what does not end in time and leaves it to the server', async () => {
  const proxy = await startConsumerProxy()
  proxy.add(0, 'deaf', 'behind it')
  proxy.add(1, 'listens')
  const consumer = await testConsumer([proxy.endpoint], { lingerMs: 10 })
  const started = new Set<string>()
  const deaf = Promise.withResolvers<void>()
  const running = consumer.run(async delivery => {
    started.add(textOf(delivery))
    if (textOf(delivery) === 'deaf') return deaf.promise
    await new Promise(resolve => delivery.signal.addEventListener('abort', resolve))
    return 'FAIL'
  })
  await eventually(() => expect(started.size).toBe(2))

  const report = await consumer.stop({ timeoutMs: 50 })

  expect(report).toEqual({ processed: 1, aborted: 2, unsubmitted: 0 })
  expect(proxy.outcomes).toMatchObject([{ qid: 't_1', outcome: 'fail' }])
  deaf.resolve()
  await running
  await new Promise(resolve => setImmediate(resolve))
  expect(started).toEqual(new Set(['deaf', 'listens']))
})

test('stop says which outcomes no server confirmed', async () => {
  const proxy = await startConsumerProxy()
  proxy.add(0, 'a')
  const metrics = new RecordingMetrics()
  const consumer = await testConsumer([proxy.endpoint], { submitRetries: 2, metrics })
  const finish = Promise.withResolvers<void>()
  const started = Promise.withResolvers<void>()
  void consumer.run(async () => {
    started.resolve()
    await finish.promise
  })
  await started.promise

  await proxy.gate.close()
  finish.resolve()

  expect(await consumer.stop()).toMatchObject({ aborted: 0, unsubmitted: 1 })
  expect(metrics.sum('ddmq_client_stop_unsubmitted_total')).toBe(1)
})

test('a consumer that never ran stops at once and cannot run any more', async () => {
  const proxy = await startConsumerProxy()
  const consumer = await testConsumer([proxy.endpoint])

  expect(await consumer.stop()).toEqual({ processed: 0, aborted: 0, unsubmitted: 0 })
  await expect(consumer.run(() => {})).rejects.toMatchObject({ code: 101 })
  expect(proxy.gate.accepted).toBe(0)
})

test('a consumer runs once', async () => {
  const proxy = await startConsumerProxy()
  const consumer = await testConsumer([proxy.endpoint])
  void consumer.run(() => {})

  await expect(consumer.runBatch(() => {})).rejects.toMatchObject({ code: 101 })
})
