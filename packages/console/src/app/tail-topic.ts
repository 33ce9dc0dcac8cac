import type { LogCluster, Position } from '@ddmq/storage'
import { type ShownRecord, showRecord } from '../core/shown-record.ts'
import { InvalidRequestError } from '../errors.ts'
import type { AppContext } from './context.ts'
import { findTopic, logsOfTopic, logThatHas } from './find.ts'

export interface TailRequest {
  readonly topic: string
  readonly from: 'latest' | 'earliest'
  readonly max: number
  readonly partition: string | undefined
}

const MAX_BYTES = 1_048_576
const MAX_WAIT_MS = 5000
const DEADLINE_MS = 15_000

/** Where a tail begins; checked before the first byte of an answer is sent. */
export async function openTail(app: AppContext, request: TailRequest) {
  const log = await logToTail(app, request.topic)
  const offsets = await log.admin.offsets(request.topic, request.from)
  const wanted = offsets.filter(at => request.partition === undefined || at.partition === request.partition)
  if (wanted.length === 0) {
    throw new InvalidRequestError(`partition: ${request.partition} is none of ${request.topic}`)
  }
  return { log, positions: wanted, max: request.max }
}

/** A topic that services made for themselves, such as dead letters, is in no inventory: it is where it is. */
async function logToTail({ store, clusters }: AppContext, name: string): Promise<LogCluster> {
  const inventory = await store.inventory()
  if (inventory.topics.every(topic => topic.name !== name)) {
    const log = await logThatHas(clusters, name)
    if (log !== undefined) return log
  }
  const topic = findTopic(inventory, name)
  const [log] = logsOfTopic(clusters, inventory, topic.id)
  if (log === undefined) throw new InvalidRequestError(`topic ${name} is in no broker cluster`)
  return log
}

/**
 * Records from the positions on, without a group, until `max` or the signal. Yields undefined when nothing came for some
 * seconds, so that the caller can show that it lives. Bounded by `max` and the signal; every turn waits in the log.
 */
export async function* readTail(
  tail: { log: LogCluster; positions: readonly Position[]; max: number },
  signal: AbortSignal,
): AsyncGenerator<ShownRecord | undefined> {
  let positions = tail.positions
  let left = tail.max
  while (!signal.aborted) {
    const results = await tail.log.read(
      positions,
      { maxBytes: MAX_BYTES, maxWaitMs: MAX_WAIT_MS },
      { deadlineMs: DEADLINE_MS, signal },
    )
    const failed = results.find(result => result.error !== undefined)
    if (failed?.error !== undefined) throw failed.error
    const records = results.flatMap(result =>
      result.records.map(record => showRecord(result.topic, result.partition, record)),
    )
    if (records.length === 0) yield undefined
    yield* records.slice(0, left)
    left -= records.length
    if (left <= 0) return
    positions = results.map(({ topic, partition, nextOffset }) => ({ topic, partition, offset: nextOffset }))
  }
}
