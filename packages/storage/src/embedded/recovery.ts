import { StorageError } from '../errors.ts'
import { type Entry, type RocksStore, WriteBatch } from '../rocksdb/index.ts'
import { lastBlock } from './block-reader.ts'
import type { GroupOffsets } from './group-offsets.ts'
import {
  allGroups,
  allTopics,
  allTransactors,
  epochsKey,
  type KeyRange,
  keyAfter,
  metaKey,
  parseTransactorKey,
  stateKey,
} from './keys.ts'
import { NO_EPOCHS, tryDecodeEpochs } from './log-epochs.ts'
import { corruptAt } from './log-errors.ts'
import type { PartitionLog } from './partition-log.ts'
import { EMPTY_STATE, tryDecodeState } from './partition-state.ts'
import { Topic } from './topic.ts'
import { decodeTopicEntry } from './topic-entry.ts'
import type { Topics } from './topics.ts'

const FORMAT_VERSION = 1
const SCAN_LIMIT = 1000
/** Of the 32 bits of an epoch those that leave room for many opens with a clock that is far ahead. */
const LATEST_SECOND = 2 ** 31
const PARALLEL_RECOVERIES = 32

/** Everything the engine keeps in memory about its store. */
export interface EngineState {
  readonly topics: Topics
  readonly offsets: GroupOffsets
  /** Transactional id → epoch of its newest holder. */
  readonly transactors: Map<string, number>
  /** Number of the next topic to be created. */
  nextTopic: number
  /** Grows at every open (E11). */
  readonly epoch: number
}

/**
 * E11 An epoch is the time of the open, or one more than the last where the clock says less: so it is another one also than
 *     that of an open which the folder does not know of, because its end was lost or a copy of it was put back.
 *
 * Checks the format and starts a new epoch. Throws `invalid` for a folder of a later version, which is left untouched.
 */
export async function beginEpoch(store: RocksStore, nowMs: number): Promise<number> {
  const [format, stored] = await store.getMany([metaKey('format'), metaKey('epoch')])
  if (format !== undefined && format.readUInt32BE(0) !== FORMAT_VERSION) {
    const found = format.readUInt32BE(0)
    throw new StorageError(
      'invalid',
      `${store.dir} has format ${found}; this version reads ${FORMAT_VERSION}`,
    )
  }
  const seconds = Math.min(LATEST_SECOND, Math.max(0, Math.floor(nowMs / 1000)))
  const epoch = Math.max(seconds, (stored?.readUInt32BE(0) ?? 0) + 1)
  const batch = new WriteBatch()
  if (format === undefined) batch.put(metaKey('format'), uint32(FORMAT_VERSION))
  await store.write(batch.put(metaKey('epoch'), uint32(epoch)))
  return epoch
}

/** Brings the state in line with what is stored: at open, and after a failed write whose outcome only the store knows. */
export async function loadState(store: RocksStore, state: EngineState): Promise<void> {
  const nextTopic = await store.get(metaKey('nextTopic'))
  state.nextTopic = nextTopic?.readUInt32BE(0) ?? 1
  await loadTopics(store, state.topics)
  const logs = state.topics.all().flatMap(topic => topic.logs)
  for (let index = 0; index < logs.length; index += PARALLEL_RECOVERIES) {
    await Promise.all(logs.slice(index, index + PARALLEL_RECOVERIES).map(log => recoverLog(store, log)))
  }
  const offsets = await Array.fromAsync(scanAll(store, allGroups()))
  const transactors = await Array.fromAsync(scanAll(store, allTransactors()))
  // Replaced in one turn: nobody sees a group without its offsets.
  state.offsets.clear()
  for (const { key, value } of offsets) state.offsets.load(key, value)
  state.transactors.clear()
  for (const { key, value } of transactors)
    state.transactors.set(parseTransactorKey(key), value.readUInt32BE(0))
  // A write that failed may have been stored: whoever waits at the end it did not know of looks again.
  for (const log of logs) log.wake()
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

async function loadTopics(store: RocksStore, topics: Topics): Promise<void> {
  const stored = new Set<number>()
  for await (const { key, value } of scanAll(store, allTopics())) {
    const topicNumber = key.readUInt32BE(1)
    const entry = decodeTopicEntry(value)
    stored.add(topicNumber)
    const known = topics.byNumber(topicNumber)
    if (known === undefined) topics.add(new Topic(topicNumber, entry))
    else known.grow(entry)
  }
  for (const topic of topics.all()) if (!stored.has(topic.number)) topics.remove(topic)
}

/** E7 The end of a log is what its last block says, or its state where the blocks before it are gone. */
async function recoverLog(store: RocksStore, log: PartitionLog): Promise<void> {
  const [[bytes, epochs], last] = await Promise.all([
    store.getMany([stateKey(log), epochsKey(log)]),
    lastBlock(store, log, Number.MAX_SAFE_INTEGER),
  ])
  const state = bytes === undefined ? undefined : tryDecodeState(bytes)
  if (bytes !== undefined && state === undefined)
    throw corruptAt(log, 0, 'the state of the partition cannot be read')
  Object.assign(log, state ?? EMPTY_STATE)
  if (last !== undefined) {
    const { baseOffset, count, logTimestampMs, appendedMs, logBytes } = last.header
    const endOffset = baseOffset + count
    if (endOffset >= log.endOffset) Object.assign(log, { endOffset, logTimestampMs, appendedMs, logBytes })
  }
  const starts = epochs === undefined ? NO_EPOCHS : tryDecodeEpochs(epochs, log.endOffset)
  if (starts === undefined) throw corruptAt(log, 0, 'the epochs of the partition cannot be read')
  log.epochs = starts
}

async function* scanAll(store: RocksStore, range: KeyRange): AsyncGenerator<Entry, void, undefined> {
  let { gte } = range
  for (;;) {
    const entries = await store.scan({ gte, lt: range.lt, limit: SCAN_LIMIT })
    yield* entries
    const last = entries.at(-1)
    if (last === undefined || entries.length < SCAN_LIMIT) return
    gte = keyAfter(last.key)
  }
}
