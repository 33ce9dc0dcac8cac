/**
 * The holder of a transactional id of a Kafka cluster, by the requests of the protocol: the library's own transactions lose
 * offsets that are added at a time, send no metadata with them, and repeat what must not be repeated (ADR 0008).
 *
 * X1 Opening takes a new epoch: the coordinator aborts what an older holder left open, and refuses it from then on.
 * X2 The requests of a transaction follow each other; the next one begins when the one before was answered.
 * X4 After any error nothing of this holder is sent any more, and it is never asked again: who opens the id next decides.
 * X5 A request that could do harm by arriving late, in a later transaction of the same epoch, is not repeated when it had
 *    no answer: offsets (nothing is stored then) and the end itself (the outcome is unknown then).
 * X6 The coordinator ends a transaction by itself only after the longest time that a commit may take here.
 */
import { randomUUID } from 'node:crypto'
import { settledBefore } from '@ddmq/common/async'
import {
  addOffsetsToTxnV3,
  addPartitionsToTxnV3,
  endTxnV3,
  initProducerIdV4,
  txnOffsetCommitV3,
} from '@platformatic/kafka'
import { firstRefusal, type Refusal } from '../blame.ts'
import { StorageError } from '../errors.ts'
import type { Append, CallOptions } from '../port/cluster.ts'
import { checkHolderName } from '../port/names.ts'
import type { CommitOptions, TransactionOffsets, Transactor } from '../port/transactor.ts'
import { toCommitTopics } from './group-admin.ts'
import { call, type KafkaClient } from './kafka-client.ts'
import { batchesOf } from './transaction-batches.ts'
import { type PreparedSend, TransactionSender } from './transaction-send.ts'
import { type Limit, type Step, TransactionSteps, UnansweredError } from './transaction-steps.ts'

const LONGEST_COMMIT_MS = 45_000
const TRANSACTION_TIMEOUT_MS = 60_000
/** Fail-over of a coordinator takes up to 20 s. */
const OPEN_MS = 45_000
/** Asks for a new epoch, whatever the last one was. */
const NO_PRODUCER = { id: -1n, epoch: -1 } as const
/** Offsets are stored for the group whoever its members are. */
const NO_MEMBER = { generation: -1, memberId: '', instanceId: null } as const

interface Holder {
  readonly producerId: bigint
  readonly epoch: number
}

/** The parts of a transaction in the order in which they are sent. */
interface PreparedCommit {
  readonly first: PreparedSend
  readonly offsets: CommitOptions['offsets'] | undefined
  readonly beforeLast: CommitOptions['beforeLast'] | undefined
  readonly last: PreparedSend
}

/** Opens the transactor of an id. */
export async function openTransactor(client: KafkaClient, id: string): Promise<Transactor> {
  checkHolderName('transactional id', id)
  const steps = new TransactionSteps(client, `transactor/${randomUUID()}`)
  try {
    const { producerId, producerEpoch } = await steps.ask(
      {
        what: `transactional id ${id}: open`,
        kind: 'transaction',
        key: id,
        send: connection =>
          call(
            connection,
            initProducerIdV4.api,
            id,
            TRANSACTION_TIMEOUT_MS,
            NO_PRODUCER.id,
            NO_PRODUCER.epoch,
          ),
        codes: ({ errorCode }) => [{ code: errorCode }],
        isRepeatable: true,
      },
      limitOf(client, { deadlineMs: OPEN_MS }),
    )
    return new KafkaTransactor(client, id, { steps, holder: { producerId, epoch: producerEpoch } })
  } catch (thrown) {
    steps.close()
    throw toStorageError(thrown, `transactional id ${id} could not be opened`)
  }
}

class KafkaTransactor implements Transactor {
  readonly id: string
  readonly #client: KafkaClient
  readonly #steps: TransactionSteps
  readonly #holder: Holder
  readonly #sender: TransactionSender
  #last: Promise<unknown> = Promise.resolve()
  #spent: StorageError | string | undefined

  constructor(
    client: KafkaClient,
    id: string,
    { steps, holder }: { readonly steps: TransactionSteps; readonly holder: Holder },
  ) {
    this.id = id
    this.#client = client
    this.#steps = steps
    this.#holder = holder
    this.#sender = new TransactionSender({ client, steps, transactionalId: id, producer: holder })
  }

  commit(appends: readonly Append[], options: CommitOptions): Promise<readonly number[]> {
    const result = this.#last.then(() => this.#commit(appends, options))
    this.#last = result.catch(() => undefined) // Told to the caller.
    return result
  }

  async close(): Promise<void> {
    await this.#last
    this.#spent ??= 'it was closed'
    this.#steps.close()
  }

  #commit(appends: readonly Append[], options: CommitOptions): Promise<readonly number[]> {
    if (this.#spent !== undefined) throw this.#spentError(this.#spent)
    return this.#transact(appends, options, limitOf(this.#client, options)).catch((thrown: unknown) => {
      const error = toStorageError(thrown, `transactional id ${this.id}`)
      this.#spent = error
      this.#steps.close()
      throw error
    })
  }

  /** X7 Records are held until they are encoded, and not while brokers are waited for. */
  async #transact(
    appends: readonly Append[],
    options: CommitOptions,
    limit: Limit,
  ): Promise<readonly number[]> {
    const { offsets, last = [] } = options
    const all = [...appends, ...last]
    await settledBefore(limit.signal, this.#requirePartitions([...all, ...(offsets?.offsets ?? [])]))
    await settledBefore(limit.signal, this.#requireSafe(all))
    const prepared = { first: this.#prepare(appends), last: this.#prepare(last) }
    if (all.length === 0 && offsets === undefined) return []
    return this.#send({ ...prepared, offsets, beforeLast: options.beforeLast }, limit)
  }

  async #send(
    { first, last, offsets, beforeLast }: PreparedCommit,
    limit: Limit,
  ): Promise<readonly number[]> {
    const baseOffsets = await this.#store(first, limit)
    if (offsets !== undefined) await this.#addOffsets(offsets, limit)
    if (beforeLast !== undefined) await settledBefore(limit.signal, beforeLast())
    const lastOffsets = await this.#store(last, limit)
    await this.#end(limit)
    return [...baseOffsets, ...lastOffsets]
  }

  #prepare(appends: readonly Append[]): PreparedSend {
    return this.#sender.prepare(batchesOf(appends, topic => this.#client.policies.appendBytes(topic)))
  }

  /** A partition is made part of the transaction only now: from here on its readers wait for the end. */
  async #store(prepared: PreparedSend, limit: Limit): Promise<readonly number[]> {
    await this.#addPartitions(prepared.partitions, limit)
    return this.#sender.send(prepared, limit)
  }

  async #addPartitions(partitions: PreparedSend['partitions'], limit: Limit): Promise<void> {
    if (partitions.length === 0) return
    const { producerId, epoch: producerEpoch } = this.#holder
    const topics = [...Map.groupBy(partitions, ({ topic }) => topic)].map(([name, own]) => ({
      name,
      partitions: own.map(({ index }) => index),
    }))
    const transaction = { transactionalId: this.id, producerId, producerEpoch, verifyOnly: false, topics }
    await this.#ask('begin', limit, {
      send: connection => call(connection, addPartitionsToTxnV3.api, [transaction]),
      codes: answer =>
        answer.resultsByTransaction.flatMap(({ topicResults }) =>
          topicResults.flatMap(({ name: topic, resultsByPartition }) =>
            resultsByPartition.map(({ partitionErrorCode: code }) => ({ code, topic })),
          ),
        ),
      isRepeatable: true,
    })
  }

  async #addOffsets({ group, offsets }: TransactionOffsets, limit: Limit): Promise<void> {
    const { producerId, epoch } = this.#holder
    await this.#ask('add group', limit, {
      send: connection => call(connection, addOffsetsToTxnV3.api, this.id, producerId, epoch, group),
      codes: ({ errorCode }) => [{ code: errorCode }],
      isRepeatable: true,
    })
    const { generation, memberId, instanceId } = NO_MEMBER
    const topics = toCommitTopics(offsets)
    await this.#steps.ask(
      {
        what: `transactional id ${this.id}: offsets of group ${group}`,
        kind: 'group',
        key: group,
        send: connection =>
          call(
            connection,
            txnOffsetCommitV3.api,
            this.id,
            group,
            producerId,
            epoch,
            generation,
            memberId,
            instanceId,
            topics,
          ),
        codes: answer =>
          answer.topics.flatMap(({ name: topic, partitions }) =>
            partitions.map(({ errorCode: code }) => ({ code, topic })),
          ),
        isRepeatable: false,
      },
      limit,
    )
  }

  async #end(limit: Limit): Promise<void> {
    const { producerId, epoch } = this.#holder
    try {
      await this.#ask('commit', limit, {
        send: connection => call(connection, endTxnV3.api, this.id, producerId, epoch, true),
        codes: ({ errorCode }) => [{ code: errorCode }],
        isRepeatable: false,
      })
    } catch (thrown) {
      if (thrown instanceof StorageError && thrown.kind === 'fenced') throw thrown
      const reason = thrown instanceof Error ? thrown.message : String(thrown)
      throw new StorageError('outcomeUnknown', `the transaction may be committed or not: ${reason}`, {
        cause: thrown,
      })
    }
  }

  async #ask<Answer>(
    what: string,
    limit: Limit,
    step: Pick<Step<Answer>, 'send' | 'codes' | 'isRepeatable'>,
  ): Promise<void> {
    const named = {
      ...step,
      what: `transactional id ${this.id}: ${what}`,
      kind: 'transaction',
      key: this.id,
    } as const
    await this.#steps.ask(named, limit)
  }

  /** Before anything is begun, so that an open transaction does not hold up the readers of the others. */
  async #requireSafe(appends: readonly Append[]): Promise<void> {
    const { metadata, policies } = this.#client
    await checkEach(new Set(appends.map(({ topic }) => topic)), async topic => {
      const refusal = await policies.refusalOf(await metadata.topic(topic))
      return refusal === undefined ? undefined : new StorageError('unavailable', refusal)
    })
  }

  async #requirePartitions(
    wanted: readonly { readonly topic: string; readonly partition: string }[],
  ): Promise<void> {
    const partitionsOf = Map.groupBy(wanted, ({ topic }) => topic)
    await checkEach(partitionsOf.keys(), async topic => {
      try {
        for (const { partition } of partitionsOf.get(topic) ?? [])
          await this.#client.metadata.topicWith(topic, partition)
        return undefined
      } catch (thrown) {
        if (thrown instanceof StorageError && thrown.kind !== 'retriable') return thrown
        throw thrown
      }
    })
  }

  #spentError(reason: StorageError | string): StorageError {
    if (reason instanceof StorageError && reason.kind === 'fenced') return reason
    const said = reason instanceof StorageError ? reason.message : reason
    return new StorageError('invalid', `transactor ${this.id} is spent, open a new one: ${said}`)
  }
}

/** Looks at all topics, so that all that are the reason of a refusal are named. */
async function checkEach(
  topics: Iterable<string>,
  check: (topic: string) => Promise<StorageError | undefined>,
): Promise<void> {
  const refusals: Refusal[] = []
  for (const topic of topics) {
    const error = await check(topic)
    if (error !== undefined) refusals.push({ topic, error })
  }
  const refusal = firstRefusal(refusals)
  if (refusal !== undefined) throw refusal
}

/** The work minds the limit itself: only it knows what has been sent by then. */
function limitOf(client: KafkaClient, { deadlineMs, signal }: CallOptions): Limit {
  const limitMs = Math.min(deadlineMs, LONGEST_COMMIT_MS)
  const ends = [client.stopping, AbortSignal.timeout(limitMs), ...(signal === undefined ? [] : [signal])]
  return { dueMs: client.clock.monotonicMs() + limitMs, signal: AbortSignal.any(ends) }
}

function toStorageError(thrown: unknown, what: string): StorageError {
  if (thrown instanceof StorageError) return thrown
  const reason = thrown instanceof Error ? thrown.message : String(thrown)
  const unanswered = thrown instanceof UnansweredError ? ' (nothing was stored)' : ''
  return new StorageError('unavailable', `${what}: ${reason}${unanswered}`, { cause: thrown })
}
