import type { Clock } from '@ddmq/common/clock'
import { ThriftConnection } from '@ddmq/common/thrift'
import { type Circuit, type CircuitEvent, CLOSED, isProbeDue, stepCircuit } from '../core/circuit.ts'
import type { EndpointAddress } from '../core/endpoint-address.ts'
import { selectEndpoint } from '../core/select-endpoint.ts'
import { ConnectionPool } from '../net/connection-pool.ts'
import type { ProducerSettings } from './producer-options.ts'

/** What the producer's parts share. */
export interface ProducerContext {
  readonly settings: ProducerSettings
  readonly clock: Clock
  readonly random: () => number
  /** Fires when `close` ran out of patience. */
  readonly shutdown: AbortSignal
}

/** Value of the gauge `ddmq_client_endpoint_state`. */
const STATE_VALUE: Readonly<Record<Circuit['kind'], number>> = {
  closed: 0,
  'half-open': 1,
  probing: 1,
  open: 2,
  draining: 3,
}

/** One proxy: its connections, its health, and how many requests are with it. */
export class ProducerEndpoint {
  readonly name: string
  readonly pool: ConnectionPool<ThriftConnection>
  circuit: Circuit = CLOSED
  inFlight = 0

  constructor(address: EndpointAddress, { settings, clock }: ProducerContext) {
    this.name = address.name
    this.pool = new ConnectionPool({
      maxConnections: settings.maxConnectionsPerEndpoint,
      idleTimeoutMs: settings.idleTimeoutMs,
      clock,
      open: (untilMs, signal) =>
        ThriftConnection.connect({
          host: address.host,
          port: address.port,
          connectTimeoutMs: Math.max(1, Math.min(settings.connectTimeoutMs, untilMs - clock.monotonicMs())),
          ...(signal === undefined ? {} : { signal }),
        }),
    })
  }
}

/** Chooses the endpoint of each attempt and learns from what became of it. */
export class Router {
  readonly endpoints: readonly ProducerEndpoint[]
  readonly #context: ProducerContext

  constructor(context: ProducerContext) {
    this.#context = context
    this.endpoints = context.settings.endpoints.map(address => new ProducerEndpoint(address, context))
  }

  /** There is always one: the list is not empty and the last endpoint is never evicted. */
  choose(avoid: readonly ProducerEndpoint[]): ProducerEndpoint {
    if (this.endpoints.length > 1) this.#probeDueEndpoints()
    const chosen = selectEndpoint(this.endpoints, avoid, this.#context.random)
    if (chosen === undefined) throw new RangeError('the producer has no endpoints')
    return chosen
  }

  report(endpoint: ProducerEndpoint, event: CircuitEvent): void {
    const before = endpoint.circuit
    endpoint.circuit = stepCircuit(before, event, this.#context.clock.monotonicMs())
    if (endpoint.circuit.kind !== before.kind) this.#announce(endpoint)
  }

  close(): void {
    for (const endpoint of this.endpoints) endpoint.pool.close()
  }

  #announce(endpoint: ProducerEndpoint): void {
    const { kind } = endpoint.circuit
    const { logger, metrics } = this.#context.settings
    metrics?.set('ddmq_client_endpoint_state', { endpoint: endpoint.name }, STATE_VALUE[kind])
    if (kind === 'open') logger.warn('endpoint fails', { endpoint: endpoint.name })
    if (kind === 'closed') logger.info('endpoint works again', { endpoint: endpoint.name })
  }

  #probeDueEndpoints(): void {
    const nowMs = this.#context.clock.monotonicMs()
    for (const endpoint of this.endpoints) {
      if (endpoint.circuit.kind !== 'closed' && isProbeDue(endpoint.circuit, nowMs))
        void this.#probe(endpoint)
    }
  }

  /** Connects beside the sends, so that no message waits for a host that may be gone. Never rejects. */
  async #probe(endpoint: ProducerEndpoint): Promise<void> {
    const { clock, settings, shutdown } = this.#context
    this.report(endpoint, 'probe-started')
    endpoint.pool.dropIdle()
    try {
      const lease = await endpoint.pool.acquire(clock.monotonicMs() + settings.connectTimeoutMs, shutdown)
      endpoint.pool.release(lease)
      this.report(endpoint, 'probe-connected')
    } catch {
      this.report(endpoint, 'probe-failed')
    }
  }
}
