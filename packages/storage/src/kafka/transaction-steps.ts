import { settledBefore } from '@ddmq/common/async'
import type { Connection } from '@platformatic/kafka'
import { blame } from '../blame.ts'
import { StorageError } from '../errors.ts'
import type { NodeAddress } from './connections.ts'
import type { CoordinatorKind, KafkaClient } from './kafka-client.ts'
import {
  codeName,
  errorOfCode,
  isDenied,
  isOfTopic,
  isPassing,
  isStaleCoordinator,
  NO_ERROR,
} from './kafka-errors.ts'

/** Happens in every transaction: the one before it is still being written down. */
const SHORT_PAUSE_MS = 2
const SHORTEST_PAUSES = 10
const PAUSE_MS = 20
const LONG_PAUSE_MS = 100

/** By when, and why not later. */
export interface Limit {
  readonly dueMs: number
  readonly signal: AbortSignal
}

/** One of an answer's codes, and the topic it is about where it is about one. */
interface StepCode {
  readonly code: number
  readonly topic?: string
}

/** One request of a transaction. */
export interface Step<Answer> {
  readonly what: string
  readonly kind: CoordinatorKind
  readonly key: string
  readonly send: (connection: Connection) => Promise<Answer>
  readonly codes: (answer: Answer) => readonly StepCode[]
  /** May it arrive twice, and late? Else a request without an answer is not sent again. */
  readonly isRepeatable: boolean
}

/** A request was sent and never answered. */
export class UnansweredError extends Error {}

/** The requests of one transactor, on connections of its own: the broker answers what is on one connection in turn. */
export class TransactionSteps {
  readonly #client: KafkaClient
  readonly #channel: string
  readonly #connections = new Set<Connection>()

  constructor(client: KafkaClient, channel: string) {
    this.#client = client
    this.#channel = channel
  }

  /** Asks the coordinator until it answers without a reason to wait, at most until the limit. */
  async ask<Answer>(step: Step<Answer>, limit: Limit): Promise<Answer> {
    for (let attempt = 0; ; attempt++) {
      const outcome = await this.#attempt(step, limit)
      if ('answer' in outcome) return outcome.answer
      await this.pause(outcome.reason, attempt, limit)
    }
  }

  async connectionTo(address: NodeAddress): Promise<Connection> {
    const connection = await this.#client.connections.get(address, this.#channel)
    this.#connections.add(connection)
    return connection
  }

  /** Rejects with the reason when there is no time left. */
  async pause(reason: Error, attempt: number, { dueMs, signal }: Limit): Promise<void> {
    const { clock } = this.#client
    const pauseMs = pauseBefore(reason, attempt)
    if (signal.aborted || clock.monotonicMs() + pauseMs >= dueMs) {
      const details = reason instanceof StorageError ? reason.details : {}
      throw new StorageError('unavailable', `no time left: ${reason.message}`, { cause: reason, details })
    }
    await clock.sleep(pauseMs)
  }

  close(): void {
    for (const connection of this.#connections) this.#client.connections.drop(connection)
    this.#connections.clear()
  }

  async #attempt<Answer>(
    step: Step<Answer>,
    { signal }: Limit,
  ): Promise<{ readonly answer: Answer } | { readonly reason: Error }> {
    const { kind, key, what, isRepeatable } = step
    let connection: Connection
    try {
      connection = await settledBefore(signal, this.#coordinator(kind, key))
    } catch (thrown) {
      this.#client.forgetCoordinator(kind, key)
      if (isDenied(thrown)) throw thrown
      return { reason: asError(thrown) }
    }
    let answer: Answer
    try {
      answer = await settledBefore(signal, step.send(connection))
    } catch (thrown) {
      this.#client.forgetCoordinator(kind, key)
      const unanswered = new UnansweredError(`${what}: ${asError(thrown).message}`, { cause: thrown })
      if (!isRepeatable) throw unanswered
      return { reason: unanswered }
    }
    const codes = step.codes(answer)
    const code = firstError(codes)
    if (code === undefined) return { answer }
    if (isStaleCoordinator(code)) this.#client.forgetCoordinator(kind, key)
    // Of a coordinator in trouble every topic gets the same code, and is not the reason.
    const topics = isOfTopic(code)
      ? codes.flatMap(each => (each.code === code ? (each.topic ?? []) : []))
      : []
    const error = topics.length === 0 ? errorOfCode(code, what) : blame(topics, errorOfCode(code, what))
    if (!isPassing(code)) throw error
    return { reason: error }
  }

  async #coordinator(kind: CoordinatorKind, key: string): Promise<Connection> {
    return this.connectionTo(await this.#client.coordinator(kind, key))
  }
}

/** The one that kept the others from being tried, where there is one. */
function firstError(codes: readonly StepCode[]): number | undefined {
  const errors = codes.map(({ code }) => code).filter(code => code !== NO_ERROR)
  return errors.find(code => codeName(code) !== 'OPERATION_NOT_ATTEMPTED') ?? errors[0]
}

function pauseBefore(reason: Error, attempt: number): number {
  const code: unknown = reason instanceof StorageError ? reason.details['kafkaCode'] : undefined
  if (typeof code !== 'number' || codeName(code) !== 'CONCURRENT_TRANSACTIONS') return LONG_PAUSE_MS
  return attempt < SHORTEST_PAUSES ? SHORT_PAUSE_MS : PAUSE_MS
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown))
}
