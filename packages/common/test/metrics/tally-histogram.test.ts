import { Histogram, MetricsRegistry, TallyHistogram } from '@ddmq/common/metrics'
import { expect, test } from 'vitest'

const OPTIONS = {
  name: 'ddmq_proxy_request_duration_seconds',
  help: 'A sentence about the metric.',
  labelNames: ['method'] as const,
  buckets: [0.001, 0.01, 0.1, 1],
}

test('a tally histogram is scraped as the one of the library, bounds and the sum included', async () => {
  const [own, library] = [new MetricsRegistry(), new MetricsRegistry()]
  const tallies = new TallyHistogram({ ...OPTIONS, registers: [own] })
  const histogram = new Histogram({ ...OPTIONS, registers: [library] })
  for (const [method, values] of [
    ['pull', [0, 0.001, 0.0011, 0.05, 0.1, 1, 1.5, 7_000]],
    ['submit', [0.5]],
  ] as const) {
    const tally = tallies.tally(method)
    for (const value of values) {
      tally.observe(value)
      histogram.observe({ method }, value)
    }
  }

  expect(await own.metrics()).toBe(await library.metrics())
})

test('a tally without an observation has no series, and what was scraped once is counted on', async () => {
  const registry = new MetricsRegistry()
  const histogram = new TallyHistogram({ ...OPTIONS, registers: [registry] })
  const tally = histogram.tally('pull')
  histogram.tally('ack')

  expect(await registry.metrics()).not.toContain('_bucket')
  tally.observe(2)
  await registry.metrics()
  tally.observe(3)
  const text = await registry.metrics()
  expect(text).toContain('ddmq_proxy_request_duration_seconds_count{method="pull"} 2')
  expect(text).toContain('ddmq_proxy_request_duration_seconds_sum{method="pull"} 5')
  expect(text).not.toContain('ack')
})

test('a reset takes the observations away and leaves the tallies in use', async () => {
  const registry = new MetricsRegistry()
  const tally = new TallyHistogram({ ...OPTIONS, registers: [registry] }).tally('pull')
  tally.observe(2)
  registry.resetMetrics()

  expect(await registry.metrics()).not.toContain('_bucket')
  tally.observe(3)
  const text = await registry.metrics()
  expect(text).toContain('ddmq_proxy_request_duration_seconds_count{method="pull"} 1')
  expect(text).toContain('ddmq_proxy_request_duration_seconds_sum{method="pull"} 3')
})

test('a second tally of one label value is refused: both would be the same series', () => {
  const histogram = new TallyHistogram({ ...OPTIONS, registers: [new MetricsRegistry()] })
  histogram.tally('pull')
  expect(() => histogram.tally('pull')).toThrow('has a tally of method pull already')
})
