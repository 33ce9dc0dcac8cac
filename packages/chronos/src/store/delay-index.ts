import { parseDelayId } from '@ddmq/common/delay'
import { HeaderNames, StorageError, type StoredRecord } from '@ddmq/storage'
import { cancelName, type MessageName, parseMessageName } from '@ddmq/storage/delay'
import { WriteBatch } from '@ddmq/storage/rocksdb'
import { applyCancels, readCancels } from './apply-cancels.ts'
import { applyMessage } from './apply-messages.ts'
import { AsideTopics } from './aside-topics.ts'
import { Backlog } from './backlog.ts'
import { decodeCancels } from './cancel-codec.ts'
import type { IndexParts, IndexWrite } from './index-parts.ts'
import { decodeState, emptyState, encodeState } from './index-state.ts'
import { ShardKeys } from './keys.ts'
import { KnownRounds } from './known-rounds.ts'
import { findLitter } from './litter.ts'
import { readBefore } from './message-before.ts'
import { NameTopics } from './name-topics.ts'
import type { OrderedStore } from './ordered-store.ts'
import { keyOf, movePending } from './pending-rounds.ts'
import { decodeProgress } from './progress-codec.ts'
import { readRounds } from './read-rounds.ts'
import { contentBytes, decodeRound } from './round-codec.ts'
import { scanAll } from './scan-all.ts'
import { ScannedRun } from './scanned-run.ts'
import type { PendingRound, RoundLimits, ShardIndex, ShardPosition, ShardStatistics } from './shard-index.ts'
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
 * D2 A change and the state that goes with it are one write. When that fails nobody knows whether it was stored: the index then
 *    refuses everything, and has to be opened again.
 * D3 A scan for the earliest starts where nothing earlier is; that mark falls with what is put before it, in the same write, and
 *    rises with what a scan has seen, so that it never passes by what was deleted before. What was fired in the order of a scan is
 *    deleted as one range (`ScannedRun`), everything else one by one.
 * D4 While a change is written nobody holds the records that it was made of: thousands of small objects that live on through a
 *    wait are copied by the garbage collector, at the price of what else is done with them.
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
    const unreadable: UnreadableRecord[] = []
    let unread = records
    return this.#change(() => {
      const taken = unread
      unread = [] // D4
      const staged = this.#stage(taken, position, record => unreadable.push(record))
      return this.#tell(
        unreadable,
        staged.then(write => this.#commit(write)),
      )
    })
  }

  due(untilMs: number, limits: RoundLimits): Promise<readonly PendingRound[]> {
    return this.#exclusive(async () => {
      const { state, known, scanned } = this.#filled()
      const { low, largestBytes } = state
      if (low.pending > untilMs) return []
      const range = this.#keys.between('p', low.pending, untilMs + 1)
      const entries = await readRounds(this.#store, range, { ...limits, largestBytes })
      const names = new HeaderNames()
      const topics = new NameTopics()
      scanned.begin()
      const rounds = entries.map(({ key, value }) => {
        const pending = pendingRound(this.#keys.timedOf(key), value, names)
        const { name, round, dueMs } = pending
        const { run, place } = scanned.add(name, dueMs)
        known.set(name, { topic: topics.of(name), round, dueMs, bytes: contentBytes(value), run, place })
        return pending
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
      const range = this.#keys.asideBetween(topic, lowMs, untilMs + 1)
      const entries = await readRounds(this.#store, range, { ...limits, largestBytes: state.largestBytes })
      const names = new HeaderNames()
      const rounds = entries.map(({ key, value }) => pendingRound(this.#keys.ofTopicOf(key), value, names))
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
    return this.#exclusive(async () => {
      const lowest = new Map<MessageName, number>()
      if (this.#filled().state.counts.cancels === 0) return lowest
      const stored = await this.#store.getMany(names.map(name => this.#keys.cancels(cancelName(name))))
      for (const [index, name] of names.entries()) {
        const rounds = decodeCancels(stored[index])
        if (rounds.size > 0) lowest.set(name, Math.min(...rounds.keys()))
      }
      return lowest
    })
  }

  find(name: MessageName): Promise<PendingRound | undefined> {
    return this.#exclusive(async () => {
      this.#filled()
      const { topic, id, milliseconds } = parseMessageName(name)
      const first = parseDelayId(id)
      if (typeof first === 'string') return undefined
      const [record] = await this.#store.getMany([this.#keys.progress(name)])
      const progress = decodeProgress(record)
      if (progress?.kind === 'fired') return undefined
      const dueMs = progress?.dueMs ?? first.timestamp * 1000 + milliseconds
      const [waiting, aside] = await this.#store.getMany([
        this.#keys.pending(dueMs, name),
        this.#keys.aside(topic, dueMs, name),
      ])
      const value = waiting ?? aside
      return value === undefined ? undefined : { name, dueMs, ...decodeRound(value) }
    })
  }

  litter(nowMs: number, limit: number): Promise<readonly Buffer[]> {
    return this.#exclusive(async () => {
      const parts = this.#filled()
      return findLitter(this.#store, parts, { nowMs, limit, earliestDueMs: () => this.#earliestDueMs() })
    })
  }

  statistics(): ShardStatistics {
    if (this.#parts === undefined) return { topics: new Map(), cancels: 0, fired: 0 }
    const { state, backlog } = this.#parts
    return { topics: backlog.topics(), cancels: state.counts.cancels, fired: state.counts.fired }
  }

  async histogram(
    { fromMs, stepMs, steps }: { readonly fromMs: number; readonly stepMs: number; readonly steps: number },
    limit: number,
  ): Promise<readonly number[]> {
    const counts = Array.from({ length: steps }, () => 0)
    const endMs = fromMs + stepMs * steps
    const range = this.#keys.between(
      'p',
      Math.min(Math.max(fromMs, this.#filled().state.low.pending), endMs),
      endMs,
    )
    let left = limit
    for await (const { key } of scanAll(this.#store, range, { values: false })) {
      if (left-- <= 0) break
      const step = Math.floor((this.#keys.timedOf(key).timeMs - fromMs) / stepMs)
      counts[step] = (counts[step] ?? 0) + 1
    }
    return counts
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

  /** Of those that are set aside too; a time after all when there is none. */
  async #earliestDueMs(): Promise<number> {
    let earliestMs = (await this.#nextDueMs()) ?? AFTER_ALL_MS
    const { aside } = this.#filled()
    for (const topic of aside.names()) {
      const { gte, lt } = this.#keys.asideBetween(topic, aside.lowMs(topic), AFTER_ALL_MS)
      const [first] = await this.#store.scan({ gte, lt, limit: 1, values: false })
      if (first === undefined) continue
      const { timeMs } = this.#keys.ofTopicOf(first.key)
      aside.raiseLow(topic, timeMs)
      earliestMs = Math.min(earliestMs, timeMs)
    }
    return earliestMs
  }

  async #stage(
    records: readonly StoredRecord[],
    position: ShardPosition,
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

/** Of a key with a time and a name, and its value. */
function pendingRound(
  key: { readonly timeMs: number; readonly text: string },
  value: Buffer,
  names: HeaderNames,
): PendingRound {
  const { round, addedMs, content } = decodeRound(value, names)
  return { name: key.text, round, dueMs: key.timeMs, addedMs, content }
}
