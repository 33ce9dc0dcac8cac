import {
  Counter,
  eventLoopMetrics,
  Gauge,
  Histogram,
  MetricsRegistry,
  metricProblems,
} from '@ddmq/common/metrics'
import { eventually } from '@ddmq/testkit'
import { describe, expect, test } from 'vitest'

const never = new AbortController().signal

describe('eventLoopMetrics', () => {
  test('measures the delay of a blocked event loop, memory and CPU', async () => {
    const registry = new MetricsRegistry()
    const component = eventLoopMetrics(registry)
    await component.start(never)
    const valueOf = async (series: string): Promise<number> => {
      const line = (await registry.metrics()).split('\n').find(text => text.startsWith(series))
      return Number(line?.split(' ').at(-1))
    }

    await eventually(async () => {
      const until = performance.now() + 60
      while (performance.now() < until);
      await new Promise(resolve => setTimeout(resolve, 5))
      expect(await valueOf('ddmq_process_event_loop_delay_seconds{quantile="0.999"}')).toBeGreaterThan(0.02)
    })

    expect(await valueOf('ddmq_process_resident_memory_bytes')).toBeGreaterThan(1_000_000)
    const cpu = await valueOf('ddmq_process_cpu_seconds_total')
    expect(cpu).toBeGreaterThan(0)
    expect(await valueOf('ddmq_process_cpu_seconds_total')).toBeGreaterThanOrEqual(cpu)
    expect(metricProblems(registry)).toEqual([])
    await component.stop(never)
  })

  test('stop takes its metrics away, so that it can be started in the same process again', async () => {
    const registry = new MetricsRegistry()
    for (let round = 0; round < 2; round++) {
      const component = eventLoopMetrics(registry)
      await component.start(never)
      expect(registry.getMetricsAsArray()).toHaveLength(3)
      await component.stop(never)
      expect(registry.getMetricsAsArray()).toEqual([])
    }
  })
})

test('metricProblems finds every kind of bad name, help and label', () => {
  const registry = new MetricsRegistry()
  const registers = [registry]
  const help = 'A sentence about the metric.'
  const metrics = [
    new Counter({ name: 'ddmq_proxy_requests', help, registers }),
    new Gauge({ name: 'ddmq_proxy_open_total', help, registers }),
    new Gauge({ name: 'carrera_open', help, registers }),
    new Gauge({ name: 'ddmq_proxy_wait_ms', help, registers }),
    new Histogram({ name: 'ddmq_proxy_latency', help, registers }),
    new Gauge({ name: 'ddmq_proxy_inflight', help: 'inflight', registers }),
    new Gauge({ name: 'ddmq_proxy_pending', help, labelNames: ['offset', 'topicName'], registers }),
    new Histogram({ name: 'ddmq_proxy_request_duration_seconds', help, labelNames: ['method'], registers }),
  ]

  expect(metrics).toHaveLength(8)
  expect(metricProblems(registry)).toEqual([
    'ddmq_proxy_requests: a counter ends in _total',
    'ddmq_proxy_open_total: only a counter ends in _total',
    'carrera_open: the name must be ddmq_<service>_<noun>_<unit> in lower case',
    'ddmq_proxy_wait_ms: units are seconds, bytes and ratio',
    'ddmq_proxy_latency: a histogram ends in its unit',
    'ddmq_proxy_inflight: the help must be a sentence with a full stop',
    'ddmq_proxy_pending: label offset has no bound',
    'ddmq_proxy_pending: label topicName must be lower case with underscores',
  ])
})
