import { firstRound, formatDelayId, lastRound, parseDelayId, roundOf } from '@ddmq/common/delay'
import { DelayMessage } from '@ddmq/common/idl'
import { messageKey, messageName, parseTableKey } from '@ddmq/storage/delay'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkAdd, type DelayAdd } from '../../src/core/delay-add.ts'
import { checkCancel, type DelayCancel } from '../../src/core/delay-cancel.ts'
import { delayClusterIndex, delaySeq } from '../../src/core/delay-place.ts'

const NOW_MS = 1_767_225_600_123
const BODY = Buffer.from('x')

/** Around every bound, and anywhere. */
const number = fc.oneof(
  fc.constantFrom(-1, 0, 1, 2, 3, 999, 1_000, 2 ** 31 - 1, 2 ** 31, 9_999_999_999, 10_000_000_000),
  fc.constantFrom(999_999_999, 1_000_000_000, 1_767_225_600, 1_772_582_400, 1_772_582_401),
  fc.maxSafeInteger(),
)
const uuid = fc.oneof(
  fc.uuid(),
  fc.uuid().map(text => text.toUpperCase()),
  fc.string({ maxLength: 40 }),
)
const requests = fc.record(
  {
    timestamp: number,
    milliseconds: fc.integer({ min: -2, max: 1_002 }),
    dmsgtype: fc.integer({ min: 0, max: 6 }),
    times: number,
    interval: number,
    expire: number,
    uuid,
  },
  { requiredKeys: [] },
)
const valid = fc.record({
  timestamp: fc.integer({ min: 1_000_000_000, max: 1_772_582_400 }),
  dmsgtype: fc.constantFrom(3, 4),
  times: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
  interval: fc.integer({ min: 3, max: 2 ** 31 - 1 }),
  expire: fc.integer({ min: 1_772_582_401, max: 9_999_999_999 }),
  uuid: fc.uuid(),
})

function request(change: object): DelayMessage {
  return Object.assign(new DelayMessage(), { topic: 'delay', action: 1 }, change)
}

function added(change: object): DelayAdd {
  const checked = checkAdd(request(change), BODY, NOW_MS)
  if ('code' in checked) throw new Error(checked.msg)
  return checked
}

function cancelled(uniqDelayMsgId: string): DelayCancel {
  const checked = checkCancel(request({ uniqDelayMsgId }), NOW_MS)
  if ('code' in checked) throw new Error(checked.msg)
  return checked
}

describe('what may be added', () => {
  it('CH-22 has an id that can be parsed again, named in the table and cancelled', () => {
    let accepted = 0
    fc.assert(
      fc.property(fc.oneof(requests, valid), fc.integer({ min: 1, max: 64 }), (change, partitions) => {
        const checked = checkAdd(request(change), BODY, NOW_MS)
        fc.pre(!('code' in checked))
        accepted++
        const { schedule, milliseconds } = checked
        const wanted = { ...schedule, seq: delaySeq(schedule.uuid, partitions) }
        const id = formatDelayId(wanted)
        expect(parseDelayId(id)).toEqual(wanted)
        const name = messageName({ topic: 'delay', id, milliseconds })
        expect(parseTableKey(messageKey(name))).toEqual({ kind: 'message', name })
        expect(cancelled(id)).toMatchObject({ first: wanted, round: 0 })
        expect(lastRound(wanted)).toBeGreaterThanOrEqual(0)
      }),
    )
    expect(accepted).toBeGreaterThanOrEqual(100)
  })

  it('CH-22 is refused with a code otherwise', () => {
    fc.assert(
      fc.property(requests, change => {
        const checked = checkAdd(request(change), BODY, NOW_MS)
        expect([0, 11, 31, 33, 35, 36, 37, 38]).toContain('code' in checked ? checked.code : 0)
      }),
    )
  })

  it('PP-62 CH-20 has the same id for the same request, and for either spelling of its uuid', () => {
    fc.assert(
      fc.property(valid, change => {
        const upper = { ...change, uuid: change.uuid.toUpperCase() }
        expect(added(upper).schedule).toEqual(added(change).schedule)
      }),
    )
  })
})

describe('what is cancelled', () => {
  it('is known by the id of any round, and until the last one can be due and no retry comes', () => {
    fc.assert(
      fc.property(valid, fc.nat(1_000), (change, round) => {
        const first = { ...added(change).schedule, seq: 3 }
        const id = formatDelayId(roundOf(first, round))
        fc.pre(typeof parseDelayId(id) === 'object')
        const { untilMs, ...cancel } = cancelled(id)
        expect(cancel).toEqual({ action: 'cancel', uniqDelayMsgId: id, first, round })
        const lastMs = roundOf(first, lastRound(first)).timestamp * 1_000 + 999
        expect(untilMs).toBe(Math.max(lastMs, NOW_MS) + 600_000)
      }),
    )
  })

  it('has no leading zeros', () => {
    const { first, uniqDelayMsgId } = cancelled(
      '1500000000-3-1600000000-09-00-0060-003-5f0c2c1e-e6a2-11f0-8a5b-9a1b2c3d4e5f',
    )
    expect(formatDelayId(first)).toBe('1500000000-3-1600000000-9-0-60-3-5f0c2c1e-e6a2-11f0-8a5b-9a1b2c3d4e5f')
    expect(uniqDelayMsgId).toContain('-09-00-0060-003-')
  })

  it('is no message whose first round would be before 1970: 30', () => {
    const id = '1500000000-3-1600000000-9-2000000000-60-3-5f0c2c1e-e6a2-11f0-8a5b-9a1b2c3d4e5f'
    const parsed = parseDelayId(id)
    expect(typeof parsed === 'object' ? firstRound(parsed) : '').toBeUndefined()
    expect(checkCancel(request({ uniqDelayMsgId: id }), NOW_MS)).toMatchObject({
      code: 30,
      uniqDelayMsgId: id,
    })
  })
})

describe('where a delay message is kept', () => {
  it('CH-19 PP-71 is in range for every uuid and count', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 40 }), fc.integer({ min: 1, max: 1_000 }), (text, count) => {
        for (const index of [delayClusterIndex(text, count), delaySeq(text, count)]) {
          expect(Number.isInteger(index) && index >= 0 && index < count).toBe(true)
        }
      }),
    )
  })

  it.each([
    ['random', () => crypto.randomUUID()],
    ['counted by time', timeUuid],
  ])('CH-19 PP-71 spreads %s uuids evenly over clusters and the partitions of each', (_kind, make) => {
    const counts = new Map<string, number>()
    for (let index = 0; index < 24_000; index++) {
      const text = make(index)
      const place = `${delayClusterIndex(text, 3)}/${delaySeq(text, 8)}`
      counts.set(place, (counts.get(place) ?? 0) + 1)
    }
    expect(counts.size).toBe(24)
    expect(Math.min(...counts.values())).toBeGreaterThan(800)
    expect(Math.max(...counts.values())).toBeLessThan(1_200)
  })
})

/** As the Java SDK makes them: of one node, some a millisecond. */
function timeUuid(index: number): string {
  const low = (0x5f0c2c1e + index * 10_007).toString(16).slice(-8).padStart(8, '0')
  return `${low}-e6a2-11f0-8a5b-9a1b2c3d4e5f`
}
