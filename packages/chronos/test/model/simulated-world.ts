import type { LogRecord } from '@ddmq/storage'
import { FakeClock } from '@ddmq/testkit'
import { SeededRandom } from './seeded-random.ts'
import { type BrokerOptions, SimulatedBrokers } from './simulated-brokers.ts'
import { SimulatedCluster } from './simulated-cluster.ts'
import { SimulatedProcess } from './simulated-process.ts'

export const CLUSTER = 'sim'

/** Brokers, true time and chance of one test; processes are added to it. */
export class SimulatedWorld {
  readonly clock = new FakeClock()
  readonly random: SeededRandom
  readonly brokers: SimulatedBrokers

  constructor(seed: number, options: Partial<BrokerOptions> = {}) {
    this.random = new SeededRandom(seed)
    this.brokers = new SimulatedBrokers({
      clock: this.clock,
      random: this.random,
      latencyMs: () => this.random.between(1, 20),
      sessionTimeoutMs: 6_000,
      drainMs: 5_000,
      transactionTimeoutMs: 60_000,
      hasTransactions: true,
      ...options,
    })
  }

  process(name: string): { readonly process: SimulatedProcess; readonly cluster: SimulatedCluster } {
    const process = new SimulatedProcess(name, this.clock)
    return { process, cluster: new SimulatedCluster(CLUSTER, this.brokers, process) }
  }

  /** Moves the time until the promise is settled; rejects when that is not within the limit. */
  async settle<Value>(promise: Promise<Value>, withinMs = 60_000): Promise<Value> {
    const state = { isSettled: false }
    const settled = (): void => {
      state.isSettled = true
    }
    promise.then(settled, settled)
    await this.clock.advance(0)
    for (let ms = 0; !state.isSettled; ms += 5) {
      if (ms > withinMs) throw new Error(`not settled within ${withinMs} ms of simulated time`)
      await this.clock.advance(5)
    }
    return promise
  }
}

export function textRecord(key: string, value: string | null): LogRecord {
  return {
    key: Buffer.from(key),
    value: value === null ? null : Buffer.from(value),
    headers: [],
    timestampMs: 0,
  }
}
