/**
 * Stores the records of a transaction with the leaders of their partitions.
 *
 * X3 What goes to one leader goes in one request; a batch that was not stored is sent again to whoever leads its partition
 *    by then, with the same sequence, so the log has it once.
 */
import { settledBefore } from '@ddmq/common/async'
import type { produceV9 } from '@platformatic/kafka'
import { blame, firstRefusal } from '../blame.ts'
import { StorageError } from '../errors.ts'
import { call, type KafkaClient } from './kafka-client.ts'
import { errorOfCode, isAmbiguous, isPassing, NO_ERROR } from './kafka-errors.ts'
import { type PartitionBatch, produce } from './produce-request.ts'
import { encodeBatch, type ProducerIdentity } from './record-batch.ts'
import type { PartitionBatches, TransactionBatch } from './transaction-batches.ts'
import type { Limit, TransactionSteps } from './transaction-steps.ts'

const SEQUENCES = 2 ** 31
const NETWORK_MS = 1_000

export interface SendDeps {
  readonly client: KafkaClient
  readonly steps: TransactionSteps
  readonly transactionalId: string
  readonly producer: ProducerIdentity
}

interface Pending extends PartitionBatch {
  readonly appends: TransactionBatch['appends']
}

/** Batches that are encoded, with their place in the sequence of their partition: sent in the order in which they were prepared. */
export interface PreparedSend {
  readonly partitions: readonly { readonly topic: string; readonly index: number }[]
  /** Each has at most one batch of a partition. */
  readonly rounds: readonly (readonly Pending[])[]
}

/** Of one transactor: remembers how many records each partition has had from it. */
export class TransactionSender {
  readonly #deps: SendDeps
  readonly #sequences = new Map<string, number>()

  constructor(deps: SendDeps) {
    this.#deps = deps
  }

  /** Encodes at once, so that the records are held no longer than that. */
  prepare(partitions: readonly PartitionBatches[]): PreparedSend {
    const rounds: (readonly Pending[])[] = []
    for (let round = 0; ; round++) {
      const pending = partitions.flatMap(partition => this.#encode(partition, round))
      if (pending.length === 0) break
      rounds.push(pending)
    }
    return { partitions: partitions.map(({ topic, index }) => ({ topic, index })), rounds }
  }

  /** Resolves with the base offset of each append. */
  async send({ rounds }: PreparedSend, limit: Limit): Promise<readonly number[]> {
    const baseOffsets: number[] = []
    for (const pending of rounds) {
      await this.#sendAll(pending, limit, ({ appends }, baseOffset) => {
        for (const { index, at } of appends) baseOffsets[index] = baseOffset + at
      })
    }
    return baseOffsets
  }

  #encode({ topic, index, batches }: PartitionBatches, round: number): readonly Pending[] {
    const batch = batches[round]
    if (batch === undefined) return []
    const name = `${topic}/${index}`
    const sequence = this.#sequences.get(name) ?? 0
    this.#sequences.set(name, (sequence + batch.records.length) % SEQUENCES)
    const { producer, client } = this.#deps
    const options = {
      compression: client.settings.compression,
      maxBytes: batch.bytes,
      isTransactional: true,
    }
    const bytes = encodeBatch(batch.records, { ...producer, sequence }, options)
    return [{ topic, index, appends: batch.appends, bytes }]
  }

  async #sendAll(
    all: readonly Pending[],
    limit: Limit,
    stored: (pending: Pending, baseOffset: number) => void,
  ): Promise<void> {
    let left = all
    for (let attempt = 0; ; attempt++) {
      let reason: Error = new Error('a partition has no leader')
      const failed: Pending[] = []
      const byLeader = Map.groupBy(left, pending => this.#leaderOf(pending))
      await Promise.all(
        [...byLeader].map(async ([leader, pendings]) => {
          const outcomes = await this.#sendTo(leader, pendings, limit)
          for (const [place, pending] of pendings.entries()) {
            const outcome = outcomes[place] ?? new Error('not in the answer')
            if (typeof outcome === 'number') stored(pending, outcome)
            else {
              failed.push(pending)
              reason = outcome
            }
          }
        }),
      )
      if (failed.length === 0) return
      await this.#beforeNext(failed, { attempt, reason }, limit)
      left = failed
    }
  }

  /** Rejects when there is no time left, and names the topics that have not answered, or not with success. */
  async #beforeNext(
    failed: readonly Pending[],
    { attempt, reason }: { readonly attempt: number; readonly reason: Error },
    limit: Limit,
  ): Promise<void> {
    const topics = new Set(failed.map(({ topic }) => topic))
    try {
      await this.#deps.steps.pause(reason, attempt, limit)
      await settledBefore(limit.signal, this.#refresh(topics))
    } catch (thrown) {
      if (this.#deps.client.stopping.aborted) throw thrown
      if (thrown instanceof StorageError && thrown.kind === 'unavailable') throw blame(topics, thrown)
      if (thrown instanceof StorageError) throw thrown
      throw blame(
        topics,
        new StorageError('unavailable', `no time left: ${reason.message}`, { cause: reason }),
      )
    }
  }

  /** The base offset of each, or why it may be sent again. Rejects when one may not, with the topics of those. */
  async #sendTo(
    leader: number,
    pendings: readonly Pending[],
    { signal }: Limit,
  ): Promise<readonly (number | Error)[]> {
    const { client, steps, transactionalId } = this.#deps
    let outcomes: ReadonlyMap<string, Outcome>
    try {
      const address = client.metadata.nodes.get(leader)
      if (address === undefined) throw new Error('a partition has no leader')
      const timeoutMs = Math.max(NETWORK_MS, client.settings.requestTimeoutMs - NETWORK_MS)
      const connection = await steps.connectionTo(address)
      const sent = call(connection, produce, pendings, timeoutMs, transactionalId)
      const { responses } = await settledBefore(signal, sent)
      outcomes = outcomesOf(responses)
    } catch (thrown) {
      if (thrown instanceof StorageError) throw thrown
      return pendings.map(() => (thrown instanceof Error ? thrown : new Error(String(thrown))))
    }
    const refusal = firstRefusal(
      pendings.flatMap(({ topic, index }) => {
        const { refused } = outcomes.get(`${topic}/${index}`) ?? {}
        return refused === undefined ? [] : [{ topic, error: refused }]
      }),
    )
    if (refusal !== undefined) throw refusal
    return pendings.map(
      ({ topic, index }) => outcomes.get(`${topic}/${index}`)?.answer ?? new Error('not in the answer'),
    )
  }

  #leaderOf({ topic, index }: Pending): number {
    return this.#deps.client.metadata.cached(topic)?.partitions[index]?.leader ?? -1
  }

  async #refresh(topics: ReadonlySet<string>): Promise<void> {
    const { metadata } = this.#deps.client
    // Without an answer the leaders known are tried again.
    await metadata.refresh([...topics]).catch(() => undefined)
    for (const topic of topics) if (metadata.cached(topic) === undefined) await this.#require(topic)
  }

  async #require(topic: string): Promise<void> {
    try {
      await this.#deps.client.metadata.topic(topic)
    } catch (thrown) {
      if (thrown instanceof StorageError && thrown.kind !== 'retriable') throw blame([topic], thrown)
      throw thrown
    }
  }
}

/** Of one batch: its base offset, or why it may be sent again; or why it may not. */
interface Outcome {
  readonly answer?: number | Error
  readonly refused?: StorageError
}

/** By topic and index. */
function outcomesOf(responses: produceV9.ProduceResponse['responses']): ReadonlyMap<string, Outcome> {
  return new Map(
    responses.flatMap(({ name, partitionResponses }) =>
      partitionResponses.map(partition => [
        `${name}/${partition.index}`,
        outcomeOf(`topic ${name} partition ${partition.index}`, partition),
      ]),
    ),
  )
}

function outcomeOf(
  where: string,
  answer: {
    readonly errorCode: number
    readonly errorMessage?: string | null | undefined
    readonly baseOffset: bigint
  },
): Outcome {
  if (answer.errorCode === NO_ERROR) return { answer: Number(answer.baseOffset) }
  const error = errorOfCode(answer.errorCode, where, answer.errorMessage)
  const isSentAgain = isPassing(answer.errorCode) || isAmbiguous(answer.errorCode)
  return isSentAgain ? { answer: error } : { refused: error }
}
