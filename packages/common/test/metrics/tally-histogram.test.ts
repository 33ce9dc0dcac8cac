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
    const tally = tallies.tally({ method })
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
  const tally = histogram.tally({ method: 'pull' })
  histogram.tally({ method: 'ack' })

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
  const tally = new TallyHistogram({ ...OPTIONS, registers: [registry] }).tally({ method: 'pull' })
  tally.observe(2)
  registry.resetMetrics()

  expect(await registry.metrics()).not.toContain('_bucket')
  tally.observe(3)
  const text = await registry.metrics()
  expect(text).toContain('ddmq_proxy_request_duration_seconds_count{method="pull"} 1')
  expect(text).toContain('ddmq_proxy_request_duration_seconds_sum{method="pull"} 3')
})

test('the labels that were given before have the tally that they had', () => {
  const histogram = new TallyHistogram({ ...OPTIONS, registers: [new MetricsRegistry()] })
  expect(histogram.tally({ method: 'pull' })).toBe(histogram.tally({ method: 'pull' }))
  expect(histogram.tally({ method: 'pull' })).not.toBe(histogram.tally({ method: 'ack' }))
})

test('two labels are shown as the library shows them', async () => {
  const [own, library] = [new MetricsRegistry(), new MetricsRegistry()]
  const options = {
    ...OPTIONS,
    name: 'ddmq_chronos_lateness_seconds',
    labelNames: ['cluster', 'shard'] as const,
  }
  const tallies = new TallyHistogram({ ...options, registers: [own] })
  const histogram = new Histogram({ ...options, registers: [library] })
  for (const labels of [
    { cluster: 'a', shard: '0' },
    { cluster: 'a', shard: '1' },
    { cluster: 'b', shard: '0' },
  ]) {
    tallies.tally(labels).observe(0.02)
    histogram.observe(labels, 0.02)
  }

  expect(await own.metrics()).toBe(await library.metrics())
})
