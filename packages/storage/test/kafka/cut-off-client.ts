import type { NodeAddress } from '../../src/kafka/connections.ts'
import { type CoordinatorKind, KafkaClient } from '../../src/kafka/kafka-client.ts'
import { errorOfCode } from '../../src/kafka/kafka-errors.ts'

const COORDINATOR_NOT_AVAILABLE = 15
const NOT_COORDINATOR = 16

/** What asking for the coordinator comes to. */
export type Fault = () => Promise<never>

/** What a member may hear while others are served. */
export const NO_COORDINATOR: Readonly<Record<string, Fault>> = {
  'that there is none': () => Promise.reject(errorOfCode(COORDINATOR_NOT_AVAILABLE, 'coordinator')),
  'that it is another': () => Promise.reject(errorOfCode(NOT_COORDINATOR, 'heartbeat')),
  'that nobody listens': () =>
    Promise.reject(Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })),
  nothing: () => new Promise(() => undefined),
}

/** A client that does not reach the coordinator though others do, while it has a fault. */
export class CutOffClient extends KafkaClient {
  #fault: Fault | undefined
  readonly #healed = Promise.withResolvers<void>()

  cutOff(fault: Fault): void {
    this.#fault = fault
  }

  heal(): void {
    this.#fault = undefined
    this.#healed.resolve()
  }

  override async coordinator(kind: CoordinatorKind, key: string): Promise<NodeAddress> {
    if (this.#fault !== undefined) await Promise.race([this.#fault(), this.#healed.promise])
    return super.coordinator(kind, key)
  }
}
