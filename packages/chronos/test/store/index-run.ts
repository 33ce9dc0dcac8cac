import { isDeepStrictEqual } from 'node:util'
import { DelayIndex, type OrderedStore, type PendingRound, type ShardPosition } from '@ddmq/chronos/store'
import type { LogRecord } from '@ddmq/storage'
import type { MessageName } from '@ddmq/storage/delay'
import { byTime, type ExpectedRound, TableModel, textOf } from './table-model.ts'
import { START_MS, stored } from './table-records.ts'
import { NAMES, type Step } from './table-steps.ts'

const FOREVER_MS = START_MS * 2
/** Log times at which it is asked for litter. */
const TIMES_MS = [START_MS - 5000, START_MS + 30_000, FOREVER_MS]
const PLENTY = { count: 1000, bytes: 1_000_000 }

export const positionAt = (offset: number): ShardPosition => ({
  topicId: 'table',
  epoch: 1,
  offset,
  caughtUpMs: START_MS,
})

function expectedOf({ name, round, dueMs, addedMs, content }: PendingRound): ExpectedRound {
  return { name, round, dueMs, addedMs, body: textOf(content.body) }
}

/** The comparable part of what an index says. */
interface Answers {
  readonly pending: readonly ExpectedRound[]
  readonly inOrder: boolean
  readonly emptyAsideTopics: number
  readonly nextIsFirst: boolean
  readonly found: readonly ExpectedRound[]
  readonly cancelled: ReadonlyMap<MessageName, number>
  readonly litter: readonly (readonly string[])[]
  readonly counts: { readonly cancels: number; readonly fired: number }
  readonly countedAtLeast: boolean
  readonly offset: number | undefined
}

/** An index and the model of what it must say, taken through the same steps. */
export class IndexRun {
  readonly #store: OrderedStore
  readonly #prefix: Buffer
  readonly #log: LogRecord[] = []
  readonly model = new TableModel()
  #index: DelayIndex

  private constructor(store: OrderedStore, prefix: Buffer, index: DelayIndex) {
    this.#store = store
    this.#prefix = prefix
    this.#index = index
  }

  static async start(store: OrderedStore, prefix: Buffer): Promise<IndexRun> {
    const index = await DelayIndex.open(store, prefix)
    await index.reset(positionAt(0))
    return new IndexRun(store, prefix, index)
  }

  async take(step: Step): Promise<void> {
    if (step.kind === 'apply') await this.apply(step.records)
    else if (step.kind === 'reopen') this.#index = await DelayIndex.open(this.#store, this.#prefix)
    else if (step.kind === 'replay') await this.#replay(step.from)
    else if (step.kind === 'clean') await this.#clean(step.nowMs)
    else await this.#move(step)
  }

  async apply(records: readonly LogRecord[]): Promise<void> {
    const baseOffset = this.#log.length
    this.#log.push(...records)
    for (const record of records) this.model.take(record)
    await this.#index.apply(stored(records, baseOffset), positionAt(this.#log.length))
  }

  /** Everything that can be asked of the index. */
  async answers(): Promise<Answers> {
    const index = this.#index
    const waiting = (await index.due(FOREVER_MS, PLENTY)).map(expectedOf)
    const aside: ExpectedRound[][] = []
    for (const topic of index.asideTopics())
      aside.push((await index.asideOf(topic, FOREVER_MS, PLENTY)).map(expectedOf))
    const found = await Promise.all(NAMES.map(name => index.find(name)))
    const litter = await Promise.all(TIMES_MS.map(nowMs => index.litter(nowMs, 1000)))
    const { topics, ...counts } = index.statistics()
    return {
      pending: [...waiting, ...aside.flat()].toSorted(byTime),
      inOrder: [waiting, ...aside].every(rounds => isDeepStrictEqual(rounds, rounds.toSorted(byTime))),
      emptyAsideTopics: aside.filter(rounds => rounds.length === 0).length,
      nextIsFirst: (await index.nextDueMs()) === waiting[0]?.dueMs,
      found: found.flatMap(round => (round === undefined ? [] : [expectedOf(round)])).toSorted(byTime),
      cancelled: await index.cancelled(NAMES),
      litter: litter.map(keys => keys.map(textOf).toSorted()),
      counts,
      countedAtLeast: sum(topics.values()) >= waiting.length + aside.flat().length,
      offset: index.position?.offset,
    }
  }

  /** What the index must answer. */
  expected(): Answers {
    const pending = this.model.pending()
    return {
      pending,
      inOrder: true,
      emptyAsideTopics: 0,
      nextIsFirst: true,
      found: pending,
      cancelled: this.model.cancelled(NAMES),
      litter: TIMES_MS.map(nowMs => this.model.litter(nowMs).toSorted()),
      counts: this.model.counts(),
      countedAtLeast: true,
      offset: this.#log.length,
    }
  }

  async #replay(from: number): Promise<void> {
    const records = this.#log.slice(from)
    for (let at = 0; at < records.length; at += 3)
      await this.#index.apply(stored(records.slice(at, at + 3), from + at), positionAt(this.#log.length))
  }

  /** What an owner does with litter. */
  async #clean(nowMs: number): Promise<void> {
    const keys = await this.#index.litter(nowMs, 3)
    await this.apply(keys.map(key => ({ key, value: null, headers: [], timestampMs: nowMs })))
  }

  async #move({ kind, untilMs, pattern }: Extract<Step, { readonly pattern: unknown }>): Promise<void> {
    const index = this.#index
    const limits = { count: 4, bytes: 50 }
    if (kind === 'setAside') {
      const rounds = await index.due(untilMs, limits)
      return index.setAside(rounds.filter((_, at) => pattern[at]))
    }
    for (const topic of index.asideTopics()) {
      const rounds = await index.asideOf(topic, untilMs, limits)
      await index.putBack(rounds.filter((_, at) => pattern[at]))
    }
  }
}

function sum(backlogs: Iterable<{ readonly count: number }>): number {
  return [...backlogs].reduce((total, { count }) => total + count, 0)
}
