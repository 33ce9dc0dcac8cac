import { DELAY_TYPES } from '@ddmq/common/delay'
import type { StorageErrorKind } from '@ddmq/storage'
import fc from 'fast-check'
import { type MessageSpec, SHARDS, TOPICS } from './messages.ts'
import type { WriteFault } from './simulated-brokers.ts'

const INSTANCES = ['a', 'b', 'c'] as const
export type InstanceId = (typeof INSTANCES)[number]
const MESSAGES = 9

/** What becomes of an instance's disk: kept, lost, or replaced by the copy that was made last. */
export type DiskFate = 'kept' | 'lost' | 'older'

/** One step of a run. What does not apply at that moment (resuming what is not paused) does nothing, so any part of a run is a run. */
export type Action =
  | { readonly do: 'advance'; readonly ms: number }
  /** To so long before the first round of the message, if that is still to come. */
  | { readonly do: 'advanceTo'; readonly message: number; readonly beforeMs: number }
  | { readonly do: 'add'; readonly message: number }
  | { readonly do: 'cancel'; readonly message: number; readonly round: number }
  | { readonly do: 'start'; readonly instance: InstanceId }
  | { readonly do: 'restart'; readonly instance: InstanceId; readonly disk: DiskFate }
  | { readonly do: 'kill' | 'stop' | 'resume' | 'copyDisk'; readonly instance: InstanceId }
  | { readonly do: 'pause'; readonly instance: InstanceId; readonly suspend: boolean }
  | { readonly do: 'loseSession'; readonly instance: InstanceId; readonly toldAfterMs: number }
  | { readonly do: 'stepWall'; readonly instance: InstanceId; readonly ms: number }
  | { readonly do: 'slow'; readonly instance: InstanceId; readonly upToMs: number }
  | { readonly do: 'failCommit' | 'failAppend'; readonly fault: WriteFault }
  | { readonly do: 'compact'; readonly shard: number; readonly share: number }
  | { readonly do: 'elect'; readonly shard: number }
  | { readonly do: 'stale'; readonly shard: number; readonly records: number }
  | { readonly do: 'losePower' | 'loseEnd'; readonly share: number; readonly acknowledged: number }
  | { readonly do: 'delayMarkers'; readonly upToMs: number }
  | { readonly do: 'pauseTopic'; readonly topic: string; readonly isPaused: boolean }
  | { readonly do: 'refuse'; readonly topic: string; readonly kind: StorageErrorKind }
  | { readonly do: 'accept'; readonly topic: string }

const instance = fc.constantFrom(...INSTANCES)
const shard = fc.nat(SHARDS - 1)
const topic = fc.constantFrom(...TOPICS)
const message = fc.nat(MESSAGES - 1)

/** Due around the first minute of the run; half of them are loops. */
const spec: fc.Arbitrary<MessageSpec> = fc.record({
  topic,
  shard,
  dueMs: fc.oneof(
    { weight: 5, arbitrary: fc.integer({ min: -3_000, max: 20_000 }) },
    { weight: 3, arbitrary: fc.nat(20).map(seconds => seconds * 1000) },
    { weight: 1, arbitrary: fc.integer({ min: 630_000, max: 640_000 }) },
  ),
  type: fc.constantFrom(DELAY_TYPES.once, DELAY_TYPES.once, DELAY_TYPES.loop, DELAY_TYPES.exponential),
  times: fc.integer({ min: 1, max: 4 }),
  intervalSeconds: fc.integer({ min: 2, max: 5 }),
  expireSeconds: fc.integer({ min: -1, max: 40 }),
})

export const deck: fc.Arbitrary<readonly MessageSpec[]> = fc.array(spec, {
  minLength: MESSAGES,
  maxLength: MESSAGES,
})

const fault = fc.constantFrom<WriteFault>(
  'storedUnknown',
  'lostUnknown',
  'refused',
  'partlySent',
  'storedLate',
  'killedOpen',
  'killedDecided',
)

function weighted(
  weight: number,
  arbitrary: fc.Arbitrary<Action>,
): { weight: number; arbitrary: fc.Arbitrary<Action> } {
  return { weight, arbitrary }
}

const advance = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 60 }) },
  { weight: 6, arbitrary: fc.integer({ min: 100, max: 6_000 }) },
  { weight: 1, arbitrary: fc.constantFrom(20_000, 90_000) },
  { weight: 1, arbitrary: fc.constant(660_000) },
)

const action: fc.Arbitrary<Action> = fc.oneof(
  weighted(
    12,
    advance.map(ms => ({ do: 'advance', ms })),
  ),
  weighted(
    9,
    message.map(at => ({ do: 'add', message: at })),
  ),
  weighted(
    5,
    fc.record({ do: fc.constant('cancel' as const), message, round: fc.constantFrom(0, 0, 0, 1, 2) }),
  ),
  weighted(
    3,
    fc.record({
      do: fc.constant('restart' as const),
      instance,
      disk: fc.constantFrom<DiskFate>('kept', 'lost', 'older'),
    }),
  ),
  weighted(2, fc.record({ do: fc.constant('start' as const), instance })),
  weighted(
    3,
    fc.record({
      do: fc.constantFrom('kill' as const, 'stop' as const, 'resume' as const, 'copyDisk' as const),
      instance,
    }),
  ),
  weighted(2, fc.record({ do: fc.constant('pause' as const), instance, suspend: fc.boolean() })),
  weighted(2, fc.record({ do: fc.constant('loseSession' as const), instance, toldAfterMs: fc.nat(8_000) })),
  weighted(
    1,
    fc.record({
      do: fc.constant('stepWall' as const),
      instance,
      ms: fc.constantFrom(3_600_000, 60_000, 1_500, -1_500, -60_000),
    }),
  ),
  weighted(
    1,
    fc.record({ do: fc.constant('slow' as const), instance, upToMs: fc.constantFrom(200, 2_000, 0) }),
  ),
  weighted(
    4,
    fault.map(kind => ({ do: 'failCommit', fault: kind })),
  ),
  weighted(
    1,
    fc
      .constantFrom<WriteFault>('storedUnknown', 'lostUnknown', 'refused')
      .map(kind => ({ do: 'failAppend', fault: kind })),
  ),
  weighted(
    3,
    fc.record({ do: fc.constant('compact' as const), shard, share: fc.constantFrom(1, 0.75, 0.5) }),
  ),
  weighted(
    1,
    shard.map(at => ({ do: 'elect', shard: at })),
  ),
  weighted(
    2,
    fc.record({ do: fc.constant('stale' as const), shard, records: fc.integer({ min: 1, max: 6 }) }),
  ),
  weighted(
    1,
    fc.record({
      do: fc.constantFrom('losePower' as const, 'losePower' as const, 'loseEnd' as const),
      share: fc.constantFrom(1, 0.5),
      acknowledged: fc.constantFrom(0, 0, 2, 6),
    }),
  ),
  weighted(
    1,
    fc.record({
      do: fc.constant('refuse' as const),
      topic,
      kind: fc.constantFrom<StorageErrorKind>(
        'unavailable',
        'overload',
        'retriable',
        'unknownTopic',
        'tooLarge',
      ),
    }),
  ),
  weighted(
    1,
    topic.map(at => ({ do: 'accept', topic: at })),
  ),
  weighted(
    1,
    fc.record({ do: fc.constant('delayMarkers' as const), upToMs: fc.constantFrom(80, 400, 3_000) }),
  ),
  weighted(2, fc.record({ do: fc.constant('pauseTopic' as const), topic, isPaused: fc.boolean() })),
)

const DISTURBING: ReadonlySet<Action['do']> = new Set([
  'failCommit',
  'kill',
  'loseEnd',
  'losePower',
  'loseSession',
  'pause',
  'refuse',
  'restart',
  'slow',
])

/** It may end a commit in the middle, or make two owners. */
export function isDisturbing(one: Action): boolean {
  return DISTURBING.has(one.do)
}

/** What only shows when several things come together, which chance alone seldom brings about. */
const nearDue: fc.Arbitrary<readonly Action[]> = fc
  .record({
    at: message,
    other: message,
    beforeMs: fc.oneof(fc.integer({ min: -30, max: 60 }), fc.constant(300)),
    ms: fc.integer({ min: 1, max: 280 }),
    last: fc.constantFrom('cancel' as const, 'cancel' as const, 'add' as const),
    upToMs: fc.constantFrom(0, 0, 200, 1_000),
  })
  .map(({ at, other, beforeMs, ms, last, upToMs }) => [
    { do: 'slow', instance: 'a', upToMs },
    { do: 'add', message: at },
    { do: 'advanceTo', message: at, beforeMs },
    { do: 'add', message: other },
    { do: 'advance', ms },
    last === 'add' ? { do: last, message: at } : { do: last, message: at, round: 0 },
  ])

/** Many that are due at once, of which one topic waits. */
const burst: fc.Arbitrary<readonly Action[]> = fc
  .record({
    topic,
    ms: fc.integer({ min: 0, max: 20_000 }),
    heldBy: fc.constantFrom<'pause' | 'unavailable' | 'tooLarge'>('pause', 'unavailable', 'tooLarge'),
  })
  .map(({ topic: held, ms, heldBy }) => [
    heldBy === 'pause'
      ? { do: 'pauseTopic', topic: held, isPaused: true }
      : { do: 'refuse', topic: held, kind: heldBy },
    ...Array.from({ length: MESSAGES }, (_, at): Action => ({ do: 'add', message: at })),
    { do: 'advance', ms },
    heldBy === 'pause' ? { do: 'pauseTopic', topic: held, isPaused: false } : { do: 'accept', topic: held },
  ])

const longAbsence: fc.Arbitrary<readonly Action[]> = fc
  .record({
    at: message,
    ms: fc.constantFrom(90_000, 660_000),
    disk: fc.constantFrom<DiskFate>('kept', 'older'),
  })
  .map(({ at, ms, disk }) => [
    { do: 'add', message: at },
    { do: 'advance', ms: 200 },
    { do: 'copyDisk', instance: 'a' },
    { do: 'kill', instance: 'a' },
    { do: 'start', instance: 'b' },
    { do: 'advance', ms },
    { do: 'advance', ms: 61_000 },
    { do: 'compact', shard: 0, share: 1 },
    { do: 'compact', shard: 1, share: 1 },
    { do: 'restart', instance: 'a', disk },
    { do: 'kill', instance: 'b' },
  ])

const steps: fc.Arbitrary<readonly Action[]> = fc.oneof(
  { weight: 16, arbitrary: action.map(one => [one]) },
  { weight: 3, arbitrary: nearDue },
  { weight: 1, arbitrary: longAbsence },
  { weight: 1, arbitrary: burst },
)

export const actions: fc.Arbitrary<readonly Action[]> = fc
  .array(steps, { maxLength: 30, size: 'max' })
  .map(parts => parts.flat())

/** Nothing fails: messages, cancels, time, and instances that come and go in order. */
export const calmActions: fc.Arbitrary<readonly Action[]> = actions.map(all =>
  all.filter(one => !isDisturbing(one)),
)
