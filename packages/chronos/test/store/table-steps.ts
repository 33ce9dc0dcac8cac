import type { LogRecord } from '@ddmq/storage'
import {
  barrierRecord,
  cancelKey,
  cancelName,
  cancelRecord,
  firedRecord,
  type MessageName,
  messageKey,
  messageRecord,
  nextRoundRecord,
  progressKey,
  tombstone,
} from '@ddmq/storage/delay'
import fc from 'fast-check'
import { textOf } from './table-model.ts'
import { nameOf, START_MS, START_SECOND } from './table-records.ts'

/** Two topics; messages that are delivered once, at the same second and at another, and loops of three and of two rounds. */
export const NAMES: readonly MessageName[] = [
  nameOf('later', { digit: 1 }),
  nameOf('later', { digit: 1, milliseconds: 7 }),
  nameOf('soon', { digit: 2, timestamp: START_SECOND + 20 }),
  nameOf('later', { digit: 3, type: 3, times: 3, interval: 10 }),
  nameOf('soon', { digit: 4, type: 4, times: 2, interval: 2, milliseconds: 7 }),
]

/** A record of the table as anybody may write it, in any order. */
const name = fc.constantFrom(...NAMES)
const timestampMs = fc.integer({ min: -700_000, max: 40_000 }).map(offset => START_MS + offset)
const content = fc.integer({ min: 0, max: 9 }).map(body => ({
  body: Buffer.from(`body ${body}`),
  headers: body % 2 === 0 ? [] : [{ name: 'ключ', value: Buffer.from([body, 0, 255]) }],
}))
const round = fc.integer({ min: 0, max: 3 })

const tableRecord: fc.Arbitrary<LogRecord> = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(name, content, timestampMs).map(args => messageRecord(...args)) },
  { weight: 2, arbitrary: fc.tuple(name.map(messageKey), timestampMs).map(args => tombstone(...args)) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(name, round, content, timestampMs)
      .map(([of, next, body, atMs]) =>
        nextRoundRecord(of, { round: next, addedMs: atMs, content: body }, atMs),
      ),
  },
  { weight: 2, arbitrary: fc.tuple(name, timestampMs).map(args => firedRecord(...args)) },
  { weight: 2, arbitrary: fc.tuple(name.map(progressKey), timestampMs).map(args => tombstone(...args)) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(name.map(cancelName), round, timestampMs)
      .map(([of, from, untilMs]) => cancelRecord(of, { round: from, untilMs }, untilMs)),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(name.map(cancelName), round, timestampMs)
      .map(([of, from, atMs]) => tombstone(cancelKey(of, from), atMs)),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(unreadable(), timestampMs)
      .map(([record, atMs]) => ({ ...record, timestampMs: atMs })),
  },
)

function unreadable(): fc.Arbitrary<LogRecord> {
  return fc.oneof(
    name.map(of => bad(progressKey(of))),
    fc.tuple(name.map(cancelName), round).map(([of, from]) => bad(cancelKey(of, from))),
    fc.constant(bad(Buffer.from('m/later/17'))),
    fc.constant(barrierRecord('nonce', 0)),
  )
}

/** What is done with an index, in any order. */
export type Step =
  | { readonly kind: 'apply'; readonly records: readonly LogRecord[] }
  | { readonly kind: 'reopen' }
  | { readonly kind: 'replay'; readonly from: number }
  /** Reads, and moves those of the read rounds that the pattern says. */
  | { readonly kind: 'setAside' | 'putBack'; readonly untilMs: number; readonly pattern: readonly boolean[] }
  | { readonly kind: 'clean'; readonly nowMs: number }

const pattern = fc.array(fc.boolean(), { maxLength: 5 })

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('apply' as const),
      records: fc.array(tableRecord, { maxLength: 8 }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'reopen' as const }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('replay' as const), from: fc.nat({ max: 20 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('setAside' as const), untilMs: timestampMs, pattern }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('putBack' as const), untilMs: timestampMs, pattern }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('clean' as const), nowMs: timestampMs }) },
)

/** Asking changes what the index knows, so it is asked now and then only. */
export const stepsBetweenChecks = fc.array(fc.array(step, { maxLength: 8 }), { maxLength: 5 })

/** A history in batches, and a compaction of it in other batches: the latest of each key; some tombstones are gone. */
export const compactedHistory = fc
  .record({
    records: fc.array(tableRecord, { maxLength: 40 }),
    drop: fc.array(fc.boolean()),
    sizes: fc.array(fc.integer({ min: 1, max: 9 })),
  })
  .map(({ records, drop, sizes }) => {
    const latest = records.filter(
      ({ key }, at) => records.findLastIndex(other => textOf(other.key) === textOf(key)) === at,
    )
    const compacted = latest.filter(({ value }, at) => value !== null || drop[at] !== true)
    return { records: inBatches(records, sizes), compacted: inBatches(compacted, sizes.toReversed()) }
  })

function inBatches(
  records: readonly LogRecord[],
  sizes: readonly number[],
): readonly (readonly LogRecord[])[] {
  const batches: (readonly LogRecord[])[] = []
  let at = 0
  for (const size of sizes) batches.push(records.slice(at, (at += size)))
  return [...batches, records.slice(at)]
}

function bad(key: Buffer): LogRecord {
  return { key, value: Buffer.from('?'), headers: [], timestampMs: 0 }
}
