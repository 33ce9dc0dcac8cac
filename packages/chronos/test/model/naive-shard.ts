import {
  type Append,
  encodeMessageHeaders,
  type LogCluster,
  type LogRecord,
  StorageError,
  type StoredRecord,
  type Transactor,
} from '@ddmq/storage'
import {
  barrierRecord,
  firedRecord,
  messageKey,
  nextRoundRecord,
  progressKey,
  RETRY_WINDOW_MS,
  tombstone,
} from '@ddmq/storage/delay'
import { TABLE } from './messages.ts'
import { apply, emptyTable, type NaiveRound, type NaiveTable, pendingRounds } from './naive-table.ts'
import type { SimulatedProcess } from './simulated-process.ts'

/** Mistakes that the property test must find. */
export type NaiveDefect =
  /** Takes over without waiting for its barrier: what any replica shows is taken for all there is. */
  | 'noBarrier'
  /** Chooses again before it has read its own commit back. */
  | 'firesBeforeReadBack'
  /** Takes the end that `identity` answers for the end of the log. */
  | 'trustsIdentity'
  /** Takes an add for pending although there is progress. */
  | 'ignoresProgress'
  /** Takes for seen what was acknowledged until a read ended, not until it began. */
  | 'horizonAtEnd'
  /** Takes a commit without an answer for one that failed, and repeats it. */
  | 'repeatsUnknown'
  /** Goes on reading where it was, in whatever log. */
  | 'ignoresEpoch'
  /** Believes a store of any age. */
  | 'ignoresAge'
  /** Takes the wall clock for the time. */
  | 'trustsWallClock'

export interface NaiveShardDeps {
  readonly shard: string
  readonly cluster: LogCluster
  readonly process: SimulatedProcess
  readonly defect: NaiveDefect | undefined
  readonly tables: Map<string, NaiveTable>
}

const CALL = { deadlineMs: 15_000 } as const
const RETRY_MS = 300
const WAIT_MS = 8_000
const BATCH = 5
const TOMBSTONES_MS = 60_000

/** The owner of one shard: the invariants of SPEC.md in the simplest form, without any care for speed. */
export class NaiveShard {
  readonly #deps: NaiveShardDeps
  readonly #stopping = new AbortController()
  readonly #refusedUntil = new Map<string, number>()
  readonly #ended: Promise<void>
  #table: NaiveTable
  /** Log time is at least the time since boot and so much. */
  #logOffsetMs = Number.NEGATIVE_INFINITY
  /** Behind our own last commit. */
  #ownEnd = 0

  constructor(deps: NaiveShardDeps) {
    this.#deps = deps
    this.#table = deps.tables.get(deps.shard) ?? this.#reset('')
    this.#ended = this.#run()
  }

  /** Resolves when nothing is in flight any more. */
  stop(): Promise<void> {
    this.#stopping.abort(new Error('stopped'))
    return this.#ended
  }

  get #isStopping(): boolean {
    return this.#stopping.signal.aborted
  }

  async #run(): Promise<void> {
    while (!this.#isStopping) {
      try {
        const transactor = await this.#takeOver()
        while (!this.#isStopping) await this.#step(transactor)
        await transactor.close()
      } catch (thrown) {
        if (!(thrown instanceof StorageError)) throw thrown
        await this.#deps.process.clock.sleep(RETRY_MS)
      }
    }
  }

  /** I5 */
  async #takeOver(): Promise<Transactor> {
    const { cluster, shard, defect } = this.#deps
    const transactor = await cluster.transactor(`chronos-${shard}`)
    this.#ownEnd = 0
    const { untilOffset, epoch } = await this.#barrier(transactor)
    const { topicId, endOffset } = await cluster.identity(TABLE, shard)
    const isOld = this.#logMs() - this.#table.caughtUpMs > TOMBSTONES_MS / 2
    if (topicId !== this.#table.topicId || (isOld && defect !== 'ignoresAge')) this.#reset(topicId)
    if (defect === 'noBarrier') while (!(await this.#pull(0, false)));
    const target = { noBarrier: 0, trustsIdentity: endOffset }[String(defect)] ?? untilOffset
    while (this.#table.offset < target) {
      await this.#pull(WAIT_MS, true)
      if (this.#table.epoch !== epoch) throw new StorageError('retriable', 'another log, without the barrier')
    }
    if (target !== untilOffset) await this.#fireDue(transactor, this.#nowMs())
    return transactor
  }

  /** Answers where the barrier ends, and in which log. The log's own time of it is that of I6. */
  async #barrier(transactor: Transactor): Promise<{ untilOffset: number; epoch: number }> {
    const { cluster, shard, process } = this.#deps
    const nonce = `${process.name} ${process.clock.monotonicMs()}`
    const [offset = 0] = await transactor.commit([this.#toTable([barrierRecord(nonce, 0)])], CALL)
    for (;;) {
      const { record, epoch = 0 } = await this.#readOne(offset)
      const isThere = offset < (await cluster.endOfEpoch(TABLE, shard, epoch))
      if (record === undefined && isThere) continue
      if (record?.offset !== offset) throw new StorageError('retriable', 'the barrier is gone')
      this.#logOffsetMs = Math.max(this.#logOffsetMs, record.timestampMs - process.bootTimeMs())
      return { untilOffset: offset + 1, epoch }
    }
  }

  async #readOne(offset: number): Promise<{ record: StoredRecord | undefined; epoch: number | undefined }> {
    const position = { topic: TABLE, partition: this.#deps.shard, offset }
    const limits = { maxBytes: 1, maxWaitMs: WAIT_MS, fromLeader: true }
    const [result] = await this.#deps.cluster.read([position], limits, CALL)
    if (result === undefined) throw new Error('a read without a result')
    if (result.error !== undefined) throw result.error
    return { record: result.records[0], epoch: result.epoch }
  }

  /** I4 */
  async #step(transactor: Transactor): Promise<void> {
    const startMs = this.#nowMs()
    const dueMs = this.#pending()[0]?.dueMs ?? Number.POSITIVE_INFINITY
    const reached = await this.#pull(Math.max(0, Math.min(WAIT_MS, dueMs - startMs)), true)
    const { defect } = this.#deps
    if (!reached || (this.#table.offset < this.#ownEnd && defect !== 'firesBeforeReadBack')) return
    await this.#fireDue(transactor, defect === 'horizonAtEnd' ? this.#nowMs() : startMs)
  }

  /** I3 */
  async #fireDue(transactor: Transactor, horizonMs: number): Promise<void> {
    const due = this.#pending().filter(({ dueMs }) => dueMs <= horizonMs)
    if (due.length === 0) return
    const rounds = due.slice(0, BATCH)
    const out = rounds.filter(({ isCancelled }) => !isCancelled).map(delivery)
    const table = this.#toTable(rounds.flatMap(round => this.#taken(round)))
    try {
      const offsets = await transactor.commit(out, { ...CALL, last: [table] })
      this.#ownEnd = (offsets.at(-1) ?? 0) + table.records.length
    } catch (thrown) {
      if (!(thrown instanceof StorageError)) throw thrown
      const { topics } = thrown.details
      if (Array.isArray(topics))
        for (const topic of topics) this.#refusedUntil.set(String(topic), this.#logMs() + 1_000)
      if (thrown.kind !== 'outcomeUnknown' || this.#deps.defect !== 'repeatsUnknown') throw thrown
      const next = await this.#deps.cluster.transactor(transactor.id)
      await next.commit([...out, table], CALL)
      throw thrown
    }
  }

  #taken({ name, round, addedMs, isLast, isCancelled, content }: NaiveRound): readonly LogRecord[] {
    const gone = tombstone(messageKey(name), 0)
    if (!isLast && !isCancelled)
      return [gone, nextRoundRecord(name, { round: round + 1, addedMs, content }, 0)]
    if (this.#logMs() - addedMs < RETRY_WINDOW_MS) return [gone, firedRecord(name, 0)]
    return [gone, tombstone(progressKey(name), 0)]
  }

  /** Reads once and takes it in. Answers whether that was the end of the log. */
  async #pull(maxWaitMs: number, fromLeader: boolean): Promise<boolean> {
    const { cluster, shard, defect } = this.#deps
    const { caughtUpMs, topicId, offset } = this.#table
    const startMs = this.#logMs()
    if (offset > 0 && startMs - caughtUpMs > TOMBSTONES_MS / 2 && defect !== 'ignoresAge')
      this.#reset(topicId)
    const position = { topic: TABLE, partition: shard, offset: this.#table.offset }
    const limits = { maxBytes: 2_000, maxWaitMs, fromLeader }
    const [result] = await cluster.read([position], limits, { ...CALL, signal: this.#stopping.signal })
    if (result === undefined) throw new Error('a read without a result')
    if (result.error?.kind === 'offsetOutOfRange') this.#reset(topicId)
    if (result.error !== undefined) throw result.error
    if (!(await this.#isSameLog(result.epoch))) return false
    apply(this.#table, result.records)
    this.#table.offset = result.nextOffset
    const reached = result.nextOffset >= result.endOffset
    if (reached) this.#table.caughtUpMs = Math.max(startMs, this.#table.caughtUpMs)
    return reached
  }

  /** I7 */
  async #isSameLog(epoch: number | undefined): Promise<boolean> {
    const table = this.#table
    const { cluster, shard, defect } = this.#deps
    if (table.epoch !== undefined && epoch !== table.epoch && defect !== 'ignoresEpoch') {
      const end = (await cluster.endOfEpoch?.(TABLE, shard, table.epoch)) ?? 0
      if (end < table.offset) {
        this.#reset(table.topicId)
        return false
      }
      // Our last commit may be in what was lost, although it was answered.
      if (table.offset < this.#ownEnd) throw new StorageError('retriable', 'another log before all was read')
    }
    table.epoch = epoch
    return true
  }

  #reset(topicId: string): NaiveTable {
    this.#table = emptyTable(topicId, this.#logMs())
    this.#deps.tables.set(this.#deps.shard, this.#table)
    return this.#table
  }

  #pending(): readonly NaiveRound[] {
    const rounds = pendingRounds(this.#table, this.#deps.defect === 'ignoresProgress')
    return rounds.filter(({ topic }) => (this.#refusedUntil.get(topic) ?? 0) <= this.#logMs())
  }

  #toTable(records: readonly LogRecord[]): Append {
    return { topic: TABLE, partition: this.#deps.shard, records }
  }

  /** I6 */
  #nowMs(): number {
    const wallMs = this.#deps.process.clock.nowMs()
    return this.#deps.defect === 'trustsWallClock' ? wallMs : Math.min(wallMs, this.#logMs())
  }

  #logMs(): number {
    return this.#deps.process.bootTimeMs() + this.#logOffsetMs
  }
}

function delivery({ topic, id, content }: NaiveRound): Append {
  const mark = encodeMessageHeaders(undefined, new Map([['from_chronos', 'from_chronos']]))
  const record = {
    key: Buffer.from(id),
    value: content.body,
    headers: [...content.headers, ...mark],
    timestampMs: 0,
  }
  return { topic, partition: '0', records: [record] }
}
