import type { Clock } from '@ddmq/common/clock'
import {
  type ConsumeResult,
  type ConsumeStats,
  consumerService,
  type PullRequest,
  type PullResponse,
} from '@ddmq/common/idl'
import { ThriftConnection, type ThriftMethod } from '@ddmq/common/thrift'
import type { EndpointAddress } from '../core/endpoint-address.ts'
import { ConnectionPool } from '../net/connection-pool.ts'
import type { ConsumerChannel } from './consumer-channel.ts'
import type { ConsumerSettings } from './consumer-options.ts'

/** Idle connections older than this are closed; a polling consumer never has one. */
const IDLE_TIMEOUT_MS = 60_000

/** The requests over sockets: a parked pull holds one connection, a submit beside it takes another. */
export class ThriftChannel implements ConsumerChannel {
  readonly name: string
  readonly #pool: ConnectionPool<ThriftConnection>
  readonly #settings: ConsumerSettings
  readonly #clock: Clock

  constructor({ host, port, name }: EndpointAddress, settings: ConsumerSettings, clock: Clock) {
    this.name = name
    this.#settings = settings
    this.#clock = clock
    this.#pool = new ConnectionPool({
      // One per poller, one for results, one for stats.
      maxConnections: (settings.topics?.length ?? 1) + 2,
      idleTimeoutMs: IDLE_TIMEOUT_MS,
      clock,
      open: (_untilMs, signal) => {
        const { connectTimeoutMs } = settings
        return ThriftConnection.connect({ host, port, connectTimeoutMs, ...optional(signal) })
      },
    })
  }

  pull(request: PullRequest, signal: AbortSignal): Promise<PullResponse> {
    return this.#call(consumerService.pull, { request }, signal)
  }

  submit(result: ConsumeResult): Promise<boolean> {
    return this.#call(consumerService.submit, { result }, undefined)
  }

  stats(
    group: string,
    topic: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<readonly ConsumeStats[]> {
    return this.#call(consumerService.getConsumeStats, { request: { group, topic } }, signal)
  }

  close(): void {
    this.#pool.close()
  }

  async #call<Args, Returned>(
    method: ThriftMethod<Args, Returned>,
    args: Args,
    signal: AbortSignal | undefined,
  ): Promise<Returned> {
    const timeoutMs = this.#settings.requestTimeoutMs
    const lease = await this.#pool.acquire(this.#clock.monotonicMs() + timeoutMs, signal)
    try {
      return await lease.connection.call(method, args, { timeoutMs, ...optional(signal) })
    } finally {
      // A connection that can no longer be used has closed itself, and is not kept.
      this.#pool.release(lease)
    }
  }
}

function optional(signal: AbortSignal | undefined): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal }
}
