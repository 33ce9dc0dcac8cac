import type { LogCluster, Position, ReadResult } from '@ddmq/storage'
import { type ShownRecord, showRecord } from '../core/shown-record.ts'
import { BrokerClusterError, InvalidRequestError } from '../errors.ts'
import { askLogs } from './ask-logs.ts'
import type { AppContext } from './context.ts'
import { findTopic, logThatHas } from './find.ts'

export interface TailRequest {
  readonly topic: string
  readonly from: 'latest' | 'earliest'
  readonly max: number
  /** A partition's id, of every broker cluster that has it, or a qid. */
  readonly partition: string | undefined
}

/** What of a tail is read in one broker cluster. */
interface Source {
  readonly log: LogCluster
  positions: readonly Position[]
}

export interface Tail {
  readonly sources: readonly Source[]
  readonly max: number
}

const MAX_BYTES = 1_048_576
const MAX_WAIT_MS = 5000
const DEADLINE_MS = 15_000

/** Where a tail begins; checked before the first byte of an answer is sent. */
export async function openTail(app: AppContext, request: TailRequest): Promise<Tail> {
  const begin = async (log: LogCluster): Promise<Source> => {
    const offsets = await log.admin.offsets(request.topic, request.from)
    return { log, positions: offsets.filter(at => isWanted(log, at.partition, request.partition)) }
  }
  const sources = (await sourcesOf(app, request.topic, begin)).filter(source => source.positions.length > 0)
  if (sources.length > 0) return { sources, max: request.max }
  throw new InvalidRequestError(`partition: ${request.partition} is none of ${request.topic}`)
}

/** A topic that services made for themselves, such as dead letters, is in no inventory: it is where it is. */
async function sourcesOf(
  app: AppContext,
  name: string,
  begin: (log: LogCluster) => Promise<Source>,
): Promise<readonly Source[]> {
  const inventory = await app.store.inventory()
  if (inventory.topics.every(topic => topic.name !== name)) {
    const log = await logThatHas(app.clusters, name)
    if (log !== undefined) return [await begin(log)]
  }
  const topic = findTopic(inventory, name)
  const { answers, problems } = await askLogs(app, inventory, { topicId: topic.id }, begin)
  if (answers.length > 0) return answers
  throw problems.length > 0
    ? new BrokerClusterError(problems.join('; '))
    : new InvalidRequestError(`topic ${name} is in no broker cluster`)
}

function isWanted(log: LogCluster, partition: string, wanted: string | undefined): boolean {
  return wanted === undefined || wanted === partition || wanted === `${log.clusterName}_${partition}`
}

/**
 * Records from the positions on, without a group, until `max` or the signal; those of several broker clusters as they come.
 * Yields undefined when nothing came for some seconds, so that the caller can show that it lives. Bounded by `max` and the
 * signal; every turn waits in a log. A broker cluster that fails leaves the others; the last one's failure is thrown.
 */
export async function* readTail(tail: Tail, signal: AbortSignal): AsyncGenerator<ShownRecord | undefined> {
  let left = tail.max
  const turns = new Map(tail.sources.map(source => [source, readOnce(source, signal)]))
  while (!signal.aborted) {
    const { source, results, failure } = await Promise.race(turns.values())
    if (failure !== undefined) {
      turns.delete(source)
      if (turns.size === 0) throw failure
      continue
    }
    const records = results.flatMap(result => shownRecords(source.log.clusterName, result))
    if (records.length === 0) yield undefined
    yield* records.slice(0, left)
    left -= records.length
    if (left <= 0) return
    source.positions = results.map(({ topic, partition, nextOffset }) => ({
      topic,
      partition,
      offset: nextOffset,
    }))
    turns.set(source, readOnce(source, signal))
  }
}

function shownRecords(brokerCluster: string, { topic, partition, records }: ReadResult): ShownRecord[] {
  return records.map(record => showRecord({ brokerCluster, topic, partition }, record))
}

interface Turn {
  readonly source: Source
  readonly results: readonly ReadResult[]
  readonly failure?: Error
}

async function readOnce(source: Source, signal: AbortSignal): Promise<Turn> {
  const limits = { maxBytes: MAX_BYTES, maxWaitMs: MAX_WAIT_MS }
  try {
    const results = await source.log.read(source.positions, limits, { deadlineMs: DEADLINE_MS, signal })
    const failure = results.find(result => result.error !== undefined)?.error
    return { source, results, ...(failure === undefined ? {} : { failure }) }
  } catch (cause) {
    const failure = new BrokerClusterError(`broker cluster ${source.log.clusterName} cannot be read`, {
      cause,
    })
    return { source, results: [], failure }
  }
}
