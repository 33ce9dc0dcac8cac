import { type LogRecord, type StoredRecord } from '@ddmq/storage'
import {
  firedRecord,
  type MessageName,
  messageKey,
  messageName,
  messageRecord,
  tombstone,
} from '@ddmq/storage/delay'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DelayIndex } from '../../src/store/delay-index.ts'
import { shardPrefix } from '../../src/store/keys.ts'
import { MemoryStore } from '../../src/store/memory-store.ts'

const SECOND = 1_800_000_000
const NOW_MS = (SECOND + 1) * 1000
const LIMITS = { count: 1000, bytes: 1 << 30 }
/** More than are deleted one by one. */
const ROUNDS = 60

/** Due within a few milliseconds, so that many are due at the same time. */
function nameOf(number: number): MessageName {
  const uuid = `00000000-0000-0000-0000-${`${number * 7919}`.padStart(12, '0')}`
  const id = `${SECOND}-2-${SECOND + 9}-0-0-0-0-${uuid}`
  return messageName({ topic: `t${number % 2}`, id, milliseconds: number % 5 })
}

const add = (number: number): LogRecord =>
  messageRecord(nameOf(number), { body: Buffer.from('x'), headers: [] }, NOW_MS)

const fire = (number: number): readonly LogRecord[] => [
  tombstone(messageKey(nameOf(number)), NOW_MS),
  firedRecord(nameOf(number), NOW_MS),
]

const numbers = (max: number) => fc.array(fc.nat(max), { maxLength: 5 })

const scenario = fc.record({
  /** Of what is due, in its order: fired in this many writes. */
  fired: fc.array(fc.nat(ROUNDS), { minLength: 1, maxLength: 3 }),
  /** Fired out of turn with the first of them. */
  others: numbers(ROUNDS - 1),
  /** Added before and behind the first of them; some again. */
  before: numbers(ROUNDS + 20),
  behind: numbers(ROUNDS + 20),
  aside: numbers(ROUNDS - 1),
})

test('I1: what is left is what was neither fired nor set aside, however much of a scan is fired at once', async () => {
  await fc.assert(
    fc.asyncProperty(scenario, async ({ fired, others, before, behind, aside }) => {
      const index = await DelayIndex.open(new MemoryStore(), shardPrefix('c', '0'))
      let offset = 0
      const position = () => ({ topicId: 't', epoch: 0, offset, caughtUpMs: 0 })
      const apply = (records: readonly LogRecord[]) => {
        const stored = records.map((record): StoredRecord => ({ ...record, offset: offset++ }))
        return index.apply(stored, position())
      }
      const due = async () => (await index.due(NOW_MS, LIMITS)).map(({ name }) => name)
      await index.reset(position())
      await apply(Array.from({ length: ROUNDS }, (_, number) => number).flatMap(add))
      const order = await due()
      const numberOf = new Map(Array.from({ length: ROUNDS + 21 }, (_, number) => [nameOf(number), number]))
      const expected = new Set(order)
      const gone = new Set<MessageName>()

      const rounds = await index.due(NOW_MS, LIMITS)
      const moved = new Set(aside.map(nameOf))
      await index.setAside(rounds.filter(({ name }) => moved.has(name)))
      for (const name of moved) expected.delete(name)

      let from = 0
      for (const [turn, count] of fired.entries()) {
        const names = order.slice(from, from + count).flatMap(name => numberOf.get(name) ?? [])
        from += count
        const [more, early, late] = turn === 0 ? [others, before, behind] : [[], [], []]
        const records = [...early.map(add), ...[...names, ...more].flatMap(fire), ...late.map(add)]
        await apply(records)
        for (const number of early)
          if (!gone.has(nameOf(number)) && !moved.has(nameOf(number))) expected.add(nameOf(number))
        for (const number of [...names, ...more]) {
          expected.delete(nameOf(number))
          gone.add(nameOf(number))
        }
        for (const number of late)
          if (!gone.has(nameOf(number)) && !moved.has(nameOf(number))) expected.add(nameOf(number))
      }

      expect(new Set(await due())).toEqual(expected)
    }),
    { numRuns: 300 },
  )
})
