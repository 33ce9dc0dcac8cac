import { eventually, freePort } from '@ddmq/testkit'
import { expect, test } from 'vitest'
import { testConsumer } from './support/consumer.ts'
import { startConsumerProxy } from './support/fake-consumer-proxy.ts'
import { RecordingMetrics } from './support/recording-metrics.ts'

test('SD-47 outcomes whose request got no answer are sent again, the same ones', async () => {
  const proxy = await startConsumerProxy()
  proxy.add(0, 'a', 'b')
  const metrics = new RecordingMetrics()
  const consumer = await testConsumer([proxy.endpoint], { metrics, lingerMs: 10 })
  const handled: number[] = []

  void consumer.run(({ message: { offset } }) => {
    handled.push(offset)
    proxy.gate.mode = 'cut'
    return offset === 0 ? 'SUCCESS' : 'FAIL'
  })
  await eventually(() => expect(proxy.group.deadLetters).toHaveLength(1))

  expect(
    metrics.sum('ddmq_client_pull_total', { result: 'failed' }) +
      metrics.sum('ddmq_client_submit_failed_total'),
  ).toBeGreaterThan(0)
  expect(new Set(proxy.outcomes.filter(({ offset }) => offset === 0).map(({ outcome }) => outcome))).toEqual(
    new Set(['success']),
  )
  expect(new Set(proxy.outcomes.filter(({ offset }) => offset === 1).map(({ outcome }) => outcome))).toEqual(
    new Set(['fail']),
  )
})

test('SD-48 a dead endpoint slows no other', async () => {
  const proxy = await startConsumerProxy()
  proxy.add(0, ...Array.from({ length: 200 }, (_, index) => String(index)))
  const dead = `127.0.0.1:${await freePort()}`
  const metrics = new RecordingMetrics()
  const consumer = await testConsumer([dead, proxy.endpoint], { metrics })

  void consumer.run(() => {})
  await eventually(() => expect(proxy.group.acknowledged).toHaveLength(200))

  // With pauses that double up to 2 s, 25 tries would take some 20 s.
  expect(metrics.sum('ddmq_client_pull_total', { endpoint: dead, result: 'failed' })).toBeLessThan(25)
})

test('SD-48 an endpoint that comes back is consumed again', async () => {
  const proxy = await startConsumerProxy()
  const consumer = await testConsumer([proxy.endpoint])
  void consumer.run(() => {})
  await eventually(() => expect(proxy.pulls.length).toBeGreaterThan(0))

  await proxy.gate.close()
  proxy.add(0, 'later')
  await proxy.gate.listen()
  await eventually(() => expect(proxy.pulls.length).toBeGreaterThan(1))
  proxy.group.expire()

  await eventually(() => expect(proxy.group.lag).toBe(0))
})

test('a server that answers empty at once is asked with pauses', async () => {
  const proxy = await startConsumerProxy()
  proxy.impatient = true
  const consumer = await testConsumer([proxy.endpoint])
  void consumer.run(() => {})
  await eventually(() => expect(proxy.pulls.length).toBeGreaterThan(2))
  const before = proxy.pulls.length

  proxy.add(0, 'a')
  await eventually(() => expect(proxy.group.lag).toBe(0))

  expect(proxy.pulls.length - before).toBeLessThan(5)
})

test('stats of endpoints that do not answer are an error with the network code', async () => {
  const consumer = await testConsumer([`127.0.0.1:${await freePort()}`])

  await expect(consumer.stats()).rejects.toMatchObject({ code: 111 })
})

test('stats honour the abort signal', async () => {
  const proxy = await startConsumerProxy()
  proxy.gate.mode = 'hang'
  const consumer = await testConsumer([proxy.endpoint])
  const controller = new AbortController()
  const asking = consumer.stats(undefined, { signal: controller.signal })
  await eventually(() => expect(proxy.gate.open).toBe(1))

  controller.abort()

  await expect(asking).rejects.toMatchObject({ code: 108 })
})
