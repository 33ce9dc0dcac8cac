import type { Health } from '@ddmq/common/lifecycle'
import type { Logger } from '@ddmq/common/log'
import type { NodeAddress } from './connections.ts'
import { describeConnectionFailure } from './kafka-errors.ts'
import type { KafkaMetrics } from './metrics.ts'

/** Whether the cluster answers, and why not: one log line for each change, never one per attempt. */
export class KafkaHealth {
  readonly #clusterName: string
  readonly #log: Logger
  readonly #metrics: KafkaMetrics | undefined
  readonly #failures = new Map<string, string>()
  #unreachable: string | undefined = 'not connected yet'

  constructor(clusterName: string, log: Logger, metrics: KafkaMetrics | undefined) {
    this.#clusterName = clusterName
    this.#log = log
    this.#metrics = metrics
    this.#metrics?.reachable.set({ cluster: clusterName }, 0)
  }

  current(): Health {
    const reason = this.#unreachable
    return reason === undefined
      ? { ok: true }
      : { ok: false, reason: `kafka cluster ${this.#clusterName}: ${reason}` }
  }

  connectionFailed(address: NodeAddress, thrown: unknown): void {
    const at = `${address.host}:${address.port}`
    const reason = describeConnectionFailure(thrown)
    this.#metrics?.connectionFailures.inc({ cluster: this.#clusterName })
    if (this.#failures.get(at) === reason) return
    this.#failures.set(at, reason)
    this.#log.warn(
      { cluster: this.#clusterName, address: at, reason },
      `kafka cluster ${this.#clusterName}: cannot reach ${at}: ${reason}; it is tried again`,
    )
  }

  connected(address: NodeAddress): void {
    const at = `${address.host}:${address.port}`
    if (this.#failures.delete(at)) {
      this.#log.info(
        { cluster: this.#clusterName, address: at },
        `kafka cluster ${this.#clusterName}: ${at} is back`,
      )
    }
  }

  /** The cluster answered which brokers and topics it has. */
  answered(): void {
    this.#unreachable = undefined
    this.#metrics?.reachable.set({ cluster: this.#clusterName }, 1)
  }

  /** None of the brokers answered. */
  unreachable(): void {
    this.#unreachable = this.noAnswer()
    this.#metrics?.reachable.set({ cluster: this.#clusterName }, 0)
  }

  /** That no broker answers, and why, in words. */
  noAnswer(): string {
    const known = [...this.#failures].map(([at, reason]) => `${at}: ${reason}`).join('; ')
    return `no broker answers${known === '' ? '' : ` (${known})`}`
  }
}
