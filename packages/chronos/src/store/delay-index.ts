import { StorageError, type StoredRecord } from '@ddmq/storage'
import { type MessageName, parseMessageName } from '@ddmq/storage/delay'
import { WriteBatch } from '@ddmq/storage/rocksdb'
import { applyCancels, readCancels } from './apply-cancels.ts'
import { applyMessage } from './apply-messages.ts'
import { AsideTopics } from './aside-topics.ts'
import { Backlog } from './backlog.ts'
import { earliestAsideMs } from './earliest-aside.ts'
import type { IndexParts, IndexWrite } from './index-parts.ts'
import { decodeState, emptyState, encodeState } from './index-state.ts'
import { ShardKeys, type TimedKey } from './keys.ts'
import { KnownRounds } from './known-rounds.ts'
import { findLitter } from './litter.ts'
import { readBefore } from './message-before.ts'
import { NameTopics } from './name-topics.ts'
import type { OrderedStore } from './ordered-store.ts'
import { keyOf, movePending } from './pending-rounds.ts'
import { countBySteps, findRound, lowestCancels } from './queries.ts'
import { readRounds } from './read-rounds.ts'
import { contentBytes } from './round-codec.ts'
import { ScannedRun } from './scanned-run.ts'
import type {
  HistogramSpan,
  PendingRound,
  RoundLimits,
  ShardIndex,
  ShardPosition,
  ShardStatistics,
} from './shard-index.ts'
import { type Slice, Slices } from './slices.ts'
import { changesOf, type UnreadableRecord } from './table-changes.ts'
import { AFTER_ALL_MS } from './times.ts'

export interface DelayIndexOptions {
  /** Told of every record that could not be read, once it was passed over. */
  readonly onUnreadable?: (record: UnreadableRecord) => void
}

/**
 * The index of a shard in an ordered store (see `ShardIndex`, and `keys.ts` for its entries).
 *
 * D1 Calls are done one after another, so each sees the index between two changes.
 * D2 A change and the state that goes with it are one write; what was read from the log is several changes where it is much, each
 *    with its position. When a write fails nobody knows whether it was stored: the index then refuses everything, and has to be
 *    opened again.
 * D3 A scan for the earliest starts where nothing earlier is; that mark falls with what is put before it, in the same write, and
 *    rises with what a scan has seen, so that it never passes by what was deleted before. What was fired in the order of a scan is
 *    deleted as one range (`ScannedRun`), everything else one by one.
 * D4 While a change is written nobody holds the records that it was made of: thousands of small objects that live on through a
 *    wait are copied by the garbage collector, at the price of what else is done with them. That is one more reason for slices.
 */
export class DelayIndex implements ShardIndex {
  readonly #store: OrderedStore
  readonly #keys: ShardKeys
  readonly #options: DelayIndexOptions
  #parts: IndexParts | undefined
  #failed = false
  /** The mark for pending rounds is when the earliest is due, and not only below; until the next change. */
  #isLowExact = false
  #tail: Promise<unknown> = Promise.resolve()

  private constructor(store: OrderedStore, keys: ShardKeys, options: DelayIndexOptions) {
    this.#store = store
    this.#keys = keys
    this.#options = options
  }

  /**
   * `prefix`: see `shardPrefix`. One index at a time may be open on it. One whose own figures make no sense is as if it was never
   * filled. Rejects `corrupt` when the store finds that it is damaged.
   */
  static async open(
    store: OrderedStore,
    prefix: Buffer,
    options: DelayIndexOptions = {},
  ): Promise<DelayIndex> {
    const keys = new ShardKeys(prefix)
    const index = new DelayIndex(store, keys, options)
    const [bytes] = await store.getMany([keys.state()])
    const state = decodeState(bytes)
    if (state === undefined) return index
    try {
      const [backlog, aside] = await Promise.all([Backlog.load(store, keys), AsideTopics.load(store, keys)])
      index.#parts = { keys, state, backlog, aside, known: new KnownRounds(), scanned: new ScannedRun() }
    } catch (thrown) {
      // An entry is shorter than what it should hold.
      if (!(thrown instanceof RangeError)) throw thrown
    }
    return index
  }

  get position(): ShardPosition | undefined {
    return this.#parts?.state.position
  }

  reset(position: ShardPosition): Promise<void> {
    return this.#change(async () => {
      const { gte, lt } = this.#keys.shard()
      const parts: IndexParts = {
        keys: this.#keys,
        state: emptyState(position),
        backlog: new Backlog(),
        aside: new AsideTopics(),
        known: new KnownRounds(),
        scanned: new ScannedRun(),
      }
      await this.#commit({ ...parts, batch: new WriteBatch().deleteRange(gte, lt) })
      this.#parts = parts
      this.#failed = false
    })
  }

  apply(records: readonly StoredRecord[], position: ShardPosition): Promise<void> {
    const slices = new Slices(records, position)
    return this.#change(async () => {
      do await this.#applyNext(slices)
      while (!slices.isOver)
    })
  }

  due(untilMs: number, limits: RoundLimits): Promise<readonly PendingRound[]> {
    return this.#exclusive(async () => {
      const { state, known, scanned } = this.#filled()
      const { low, largestBytes } = state
      if (low.pending > untilMs) return []
      const topics = new NameTopics()
      scanned.begin()
      known.begin()
      const range = this.#keys.between('p', low.pending, untilMs + 1)
      const readKey = (key: Buffer): TimedKey => this.#keys.timedOf(key)
      const query = { ...limits, range, largestBytes, readKey }
      const rounds = await readRounds(this.#store, query, ({ name, round, dueMs }, value) => {
        const { run, place } = scanned.add(name, dueMs)
        known.set(name, { topic: topics.of(name), round, dueMs, bytes: contentBytes(value), run, place })
      })
      low.pending = rounds[0]?.dueMs ?? untilMs + 1
      this.#isLowExact = rounds.length > 0
      return rounds
    })
  }

  nextDueMs(): Promise<number | undefined> {
    return this.#exclusive(() => this.#nextDueMs())
  }

  setAside(rounds: readonly PendingRound[]): Promise<void> {
    return this.#move(rounds, false)
  }

  asideOf(topic: string, untilMs: number, limits: RoundLimits): Promise<readonly PendingRound[]> {
    return this.#exclusive(async () => {
      const { state, aside } = this.#filled()
      const lowMs = aside.lowMs(topic)
      if (lowMs > untilMs) return []
      const { largestBytes } = state
      const range = this.#keys.asideBetween(topic, lowMs, untilMs + 1)
      const readKey = (key: Buffer): TimedKey => this.#keys.ofTopicOf(key)
      const rounds = await readRounds(this.#store, { ...limits, range, largestBytes, readKey })
      aside.raiseLow(topic, rounds[0]?.dueMs ?? untilMs + 1)
      return rounds
    })
  }

  putBack(rounds: readonly PendingRound[]): Promise<void> {
    return this.#move(rounds, true)
  }

  asideTopics(): ReadonlySet<string> {
    return this.#parts?.aside.names() ?? new Set()
  }

  cancelled(names: readonly MessageName[]): Promise<ReadonlyMap<MessageName, number>> {
    return this.#exclusive(async () => lowestCancels(this.#store, this.#filled(), names))
  }

  find(name: MessageName): Promise<PendingRound | undefined> {
    return this.#exclusive(async () => findRound(this.#store, this.#filled(), name))
  }

  litter(nowMs: number, limit: number): Promise<readonly Buffer[]> {
    return this.#exclusive(async () => {
      const parts = this.#filled()
      const earliestDueMs = async (): Promise<number> =>
        Math.min((await this.#nextDueMs()) ?? AFTER_ALL_MS, await earliestAsideMs(this.#store, parts))
      return findLitter(this.#store, parts, { nowMs, limit, earliestDueMs })
    })
  }

  statistics(): ShardStatistics {
    if (this.#parts === undefined) return { topics: new Map(), cancels: 0, fired: 0 }
    const { state, backlog } = this.#parts
    return { topics: backlog.topics(), cancels: state.counts.cancels, fired: state.counts.fired }
  }

  async histogram(span: HistogramSpan, limit: number): Promise<readonly number[]> {
    return countBySteps(this.#store, this.#filled(), span, limit)
  }

  /** Those that are still where they are said to be; a change may have come since they were read. */
  #move(rounds: readonly PendingRound[], isAside: boolean): Promise<void> {
    return this.#change(async () => {
      if (rounds.length === 0) return
      const write = { ...this.#filled(), batch: new WriteBatch() }
      const places = rounds.map(({ name, dueMs }) => ({
        topic: parseMessageName(name).topic,
        name,
        dueMs,
        isAside,
      }))
      const stored = await this.#store.getMany(places.map(place => keyOf(this.#keys, place)))
      for (const [index, place] of places.entries()) {
        const value = stored[index]
        if (value !== undefined) movePending(write, place, value)
      }
      await this.#commit(write)
    })
  }

  async #nextDueMs(): Promise<number | undefined> {
    const { low } = this.#filled().state
    if (this.#isLowExact) return low.pending === AFTER_ALL_MS ? undefined : low.pending
    const { gte, lt } = this.#keys.between('p', low.pending, AFTER_ALL_MS)
    const [first] = await this.#store.scan({ gte, lt, limit: 1, values: false })
    const dueMs = first === undefined ? undefined : this.#keys.timedOf(first.key).timeMs
    low.pending = dueMs ?? AFTER_ALL_MS
    this.#isLowExact = true
    return dueMs
  }

  /** Nothing here holds the records while they are written (D4). */
  #applyNext(slices: Slices): Promise<void> {
    const unreadable: UnreadableRecord[] = []
    const staged = this.#stage(slices.next(this.#filled().state.position), record => unreadable.push(record))
    return this.#tell(
      unreadable,
      staged.then(write => this.#commit(write)),
    )
  }

  async #stage(
    { records, position }: Slice,
    unreadable: (record: UnreadableRecord) => void,
  ): Promise<IndexWrite> {
    const parts = this.#filled()
    const { messages, cancels } = changesOf(records, parts.known, unreadable)
    const before = await readBefore(this.#store, parts, messages)
    const cancelsBefore = await readCancels(this.#store, parts, [...cancels.keys()])
    const write = { ...parts, batch: new WriteBatch() }
    for (const change of messages.values()) applyMessage(write, change, before(change))
    applyCancels(write, cancels, cancelsBefore)
    parts.state.position = position
    return write
  }

  async #tell(unreadable: readonly UnreadableRecord[], isStored: Promise<void>): Promise<void> {
    await isStored
    for (const record of unreadable) this.#options.onUnreadable?.(record)
  }

  async #commit(write: IndexWrite): Promise<void> {
    const { batch, keys, state, backlog, aside, scanned } = write
    scanned.finish(write)
    backlog.dropBefore(state.low.pending, aside.names())
    backlog.writeTo(batch, keys)
    aside.writeTo(batch, keys)
    batch.put(keys.state(), encodeState(state))
    await this.#store.write(batch)
  }

  #filled(): IndexParts {
    if (this.#failed)
      throw new StorageError('unavailable', 'a change of the index failed: it has to be opened again')
    if (this.#parts === undefined)
      throw new StorageError('invalid', 'the index was never filled: it has to be reset first')
    return this.#parts
  }

  #change(work: () => Promise<void>): Promise<void> {
    return this.#exclusive(async () => {
      this.#isLowExact = false
      try {
        await work()
      } catch (thrown) {
        this.#failed = true
        throw thrown
      }
    })
  }

  #exclusive<Value>(work: () => Promise<Value>): Promise<Value> {
    const result = this.#tail.then(work)
    this.#tail = result.catch(() => undefined) // the caller has the error; the next in line does not care
    return result
  }
}
