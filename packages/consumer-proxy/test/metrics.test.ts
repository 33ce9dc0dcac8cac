import { MetricsRegistry } from '@ddmq/common/metrics'
import { expect, test } from 'vitest'
import { ConsumerProxyMetrics, registerGauges } from '../src/metrics.ts'
import { PushMetrics } from '../src/push-metrics.ts'
import { subscriptionOf } from './core/fake-job.ts'

const NOTHING = {
  lags: () => [],
  inFlight: () => [],
  parked: () => [],
  pausedEndpoints: () => [],
  refusedSubscriptions: () => [],
}

test('metrics have the names, units and help that operators rely on', async () => {
  const registry = new MetricsRegistry()
  const metrics = new ConsumerProxyMetrics(registry)
  new PushMetrics(registry).meterOf(subscriptionOf()).attempted('success', 1)
  registerGauges(registry, NOTHING)
  const described = await registry.getMetricsAsJSON()
  for (const { name, help, type } of described) {
    expect(name).toMatch(/^ddmq_consumer_proxy_[a-z_]+$/)
    expect(help).toMatch(/^[A-Z].*\.$/)
    expect({ name, isCounter: String(type) === 'counter' }).toEqual({
      name,
      isCounter: name.endsWith('_total'),
    })
  }
  expect(metrics.tally('g', 't')).toBe(metrics.tally('g', 't'))
})

test('attempts of a push are counted once, however often they are scraped, and a topic without any has no series', async () => {
  const registry = new MetricsRegistry()
  const metrics = new PushMetrics(registry)
  const meter = metrics.meterOf(subscriptionOf())
  expect(await registry.metrics()).not.toMatch(/^ddmq/m)

  meter.attempted('success', 250)
  await registry.metrics()
  expect(metrics.meterOf(subscriptionOf())).toBe(meter)
  meter.attempted('success', 500)
  meter.attempted('slowDown', 250)
  const text = await registry.metrics()

  expect(
    text.match(/^ddmq_consumer_proxy_push_(?:attempts_total|duration_seconds_(?:sum|count)).*$/gm),
  ).toEqual([
    'ddmq_consumer_proxy_push_attempts_total{group="g",topic="orders",result="success"} 2',
    'ddmq_consumer_proxy_push_attempts_total{group="g",topic="orders",result="slowDown"} 1',
    'ddmq_consumer_proxy_push_duration_seconds_sum{group="g",topic="orders"} 1',
    'ddmq_consumer_proxy_push_duration_seconds_count{group="g",topic="orders"} 3',
  ])
})

test('what was tallied is counted once, however often it is scraped', async () => {
  const registry = new MetricsRegistry()
  const metrics = new ConsumerProxyMetrics(registry)
  metrics.tally('g', 't').consumed += 3
  await registry.metrics()
  metrics.tally('g', 't').consumed += 2
  expect(await registry.metrics()).toContain(
    'ddmq_consumer_proxy_consumed_messages_total{group="g",topic="t"} 5',
  )
})
