import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Counter, Gauge, type Registry } from 'prom-client'
import type { Component } from '../lifecycle/component.ts'

/** How often the loop is probed. The histogram measures whole intervals, so this is taken off again. */
const RESOLUTION_MS = 10
const DELAY = 'ddmq_process_event_loop_delay_seconds'
const MEMORY = 'ddmq_process_resident_memory_bytes'
const CPU = 'ddmq_process_cpu_seconds_total'
const NAMES = [DELAY, MEMORY, CPU] as const
const QUANTILES = [0.5, 0.99, 0.999] as const

type LoopDelay = ReturnType<typeof monitorEventLoopDelay>

/**
 * What the process costs: event-loop delay since the last scrape, memory and CPU. One per process; a stop takes the
 * metrics out of the registry again.
 */
export function eventLoopMetrics(registry: Registry): Component {
  return new EventLoopMetrics(registry)
}

class EventLoopMetrics implements Component {
  readonly name = 'event-loop-metrics'
  readonly #registry: Registry
  readonly #delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })

  constructor(registry: Registry) {
    this.#registry = registry
  }

  async start(): Promise<void> {
    this.#delay.enable()
    delayGauge(this.#delay, this.#registry)
    memoryGauge(this.#registry)
    cpuCounter(this.#registry)
  }

  async stop(): Promise<void> {
    this.#delay.disable()
    for (const name of NAMES) this.#registry.removeSingleMetric(name)
  }
}

function delayGauge(delay: LoopDelay, registry: Registry): Gauge<'quantile'> {
  return new Gauge({
    name: DELAY,
    help: 'How much later than asked the event loop ran a timer, by quantile, since the last scrape.',
    labelNames: ['quantile'],
    registers: [registry],
    collect() {
      for (const quantile of QUANTILES) {
        const delayMs = delay.count === 0 ? 0 : delay.percentile(quantile * 100) / 1e6 - RESOLUTION_MS
        this.set({ quantile: String(quantile) }, Math.max(0, delayMs) / 1_000)
      }
      delay.reset()
    },
  })
}

function memoryGauge(registry: Registry): Gauge {
  return new Gauge({
    name: MEMORY,
    help: 'Memory of the process that is in RAM (RSS).',
    registers: [registry],
    collect() {
      this.set(process.memoryUsage.rss())
    },
  })
}

function cpuCounter(registry: Registry): Counter {
  let counted = 0
  return new Counter({
    name: CPU,
    help: 'User and system CPU time of the process in seconds.',
    registers: [registry],
    collect() {
      const { user, system } = process.cpuUsage()
      const seconds = (user + system) / 1e6
      this.inc(seconds - counted)
      counted = seconds
    },
  })
}
