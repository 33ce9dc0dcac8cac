import { MetricsRegistry, metricProblems } from '@ddmq/common/metrics'
import { expect, test } from 'vitest'
import { sampleOf } from '../src/app/shard-sample.ts'
import { ChronosMetrics, registerGauges, type ShardSample } from '../src/metrics.ts'

test('metrics follow the rules of naming, and gauges show the shards there are now', async () => {
  const registry = new MetricsRegistry()
  const metrics = new ChronosMetrics(registry)
  const shards: ShardSample[] = [
    { cluster: 'c1', shard: '0', role: 'owner', pending: 3, pendingBytes: 99, lag: 7, secondsSinceEnd: 12 },
    { cluster: 'c1', shard: '1', role: 'standby', pending: 1, pendingBytes: 9, lag: 0, secondsSinceEnd: 0 },
    sampleOf(
      'c1',
      { id: '2', role: 'owner', lag: undefined, endSeenMs: 0, index: undefined },
      1_700_000_000_000,
    ),
  ]
  const doubted = new Set(['c1'])
  registerGauges(registry, { shards: () => shards, doubtedClocks: () => doubted, atLeastOnce: () => ['c2'] })
  metrics.fired.inc({ cluster: 'c1', shard: '0', topic: 't' }, 5)

  expect(metricProblems(registry)).toEqual([])
  const text = await registry.metrics()
  expect(text).toContain('ddmq_chronos_fired_messages_total{cluster="c1",shard="0",topic="t"} 5')
  expect(text).toContain('ddmq_chronos_pending_messages{cluster="c1",shard="0",role="owner"} 3')
  expect(text).toContain('ddmq_chronos_end_of_log_age_seconds{cluster="c1",shard="0",role="owner"} 12')
  expect(text).toContain('ddmq_chronos_clock_doubted{cluster="c1"} 1')
  expect(text).toContain('ddmq_chronos_at_least_once{cluster="c2"} 1')

  expect(text).toContain('ddmq_chronos_lag_records{cluster="c1",shard="1",role="standby"} 0')
  // Nothing is known of it yet.
  expect(text).not.toContain('shard="2"')

  shards.splice(1)
  doubted.clear()
  const later = await registry.metrics()
  expect(later).not.toContain('shard="1"')
  expect(later).not.toContain('ddmq_chronos_clock_doubted{')
})
