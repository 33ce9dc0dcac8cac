import {
  DELAY_TYPES,
  type DelayId,
  formatDelayId,
  isDelayType,
  isLoopType,
  javaStringHash,
  MAX_DELAY_NUMBER,
  MAX_DELAY_SECOND,
  parseDelayId,
} from '@ddmq/common/delay'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { idByGrammar } from './id-grammar.ts'

const UUID = '5f0c2c1e-e6a2-11f0-8a5b-9a1b2c3d4e5f'
const second = fc.integer({ min: 1_000_000_000, max: MAX_DELAY_SECOND })
const number = fc.oneof(fc.nat(100), fc.integer({ min: 0, max: MAX_DELAY_NUMBER }))
const lowerOrDigit = fc.constantFrom(...'0123456789abcdefghijklmnopqrstuvwxyz'.split(''))
const run = (length: number) => fc.string({ unit: lowerOrDigit, minLength: length, maxLength: length })
const ids: fc.Arbitrary<DelayId> = fc.record({
  timestamp: second,
  type: fc.constantFrom(...Object.values(DELAY_TYPES)),
  expire: second,
  times: number,
  timed: number,
  interval: number,
  seq: number,
  uuid: fc.tuple(run(8), run(4), run(4), run(4), run(12)).map(parts => parts.join('-')),
})

function idWith(change: Partial<Record<keyof DelayId, string>>): string {
  const parts = {
    timestamp: '1500000000',
    type: '3',
    expire: '1600000000',
    times: '9',
    timed: '0',
    interval: '60',
  }
  return Object.values({ ...parts, seq: '3', uuid: UUID, ...change }).join('-')
}

describe('ids of delayed messages', () => {
  it('CH-17 CH-18 are read back as they were written', () => {
    fc.assert(
      fc.property(ids, id => {
        expect(parseDelayId(formatDelayId(id))).toEqual(id)
      }),
    )
    expect(formatDelayId({ ...someId, uuid: UUID })).toBe(`1500000000-2-1500172800-0-0-0-0-${UUID}`)
  })

  it('are those of the grammar and no others', () => {
    const texts = ['', '0', '3', '9', 'a', 'g', 'A', '-', '.', '/', 'é', '\n', '9999999999999999999999']
    const edits = fc.record({ at: fc.nat(120), length: fc.nat(1), text: fc.constantFrom(...texts) })
    fc.assert(
      fc.property(ids, fc.option(edits, { nil: { at: 0, length: 0, text: '' } }), (id, edit) => {
        const text = formatDelayId(id)
        const at = edit.at % (text.length + 1)
        const edited = text.slice(0, at) + edit.text + text.slice(at + edit.length)
        expect(parseDelayId(edited)).toEqual(idByGrammar(edited))
      }),
      { numRuns: 2000 },
    )
  })

  it('lose the leading zeros of their numbers, so that one message has one text', () => {
    const parsed = parseDelayId(idWith({ times: '009', timed: '00', interval: '060', seq: '03' }))
    expect(typeof parsed === 'object' ? formatDelayId(parsed) : parsed).toBe(idWith({}))
  })

  it.each([
    { timestamp: '150000000' },
    { timestamp: '15000000000' },
    { expire: '160000000' },
    { times: '' },
    { times: '2147483648' },
    { timed: '-1' },
    { interval: '1.5' },
    { interval: '2147483648' },
    { seq: '99999999999999999999' },
    { type: '33' },
    { uuid: UUID.toUpperCase() },
    { uuid: UUID.slice(1) },
    { uuid: `${UUID}-1-10000` },
    { uuid: `${UUID}\n` },
    { uuid: UUID.replaceAll('-', '0') },
  ])('CH-14 have no other shape: %o', change => {
    expect(parseDelayId(idWith({}))).toBeTypeOf('object')
    expect(parseDelayId(idWith(change))).toBe('shape')
  })

  it.each(['0', '1', '5', '9'])('CH-15 have no type %s', type => {
    expect(parseDelayId(idWith({ type }))).toBe('type')
    expect(isDelayType(Number(type))).toBe(false)
  })

  it('say of what kind they are', () => {
    expect([2, 3, 4].map(isDelayType)).toEqual([true, true, true])
    expect([2, 3, 4].map(isLoopType)).toEqual([false, true, true])
  })

  it('are not found in any other text', () => {
    fc.assert(
      fc.property(fc.string(), text => {
        expect(parseDelayId(text)).toBe('shape')
      }),
    )
  })
})

describe('hash of a uuid', () => {
  it.each([
    ['', 0],
    ['a', 97],
    ['hello', 99_162_322],
    // Java: the smallest int there is.
    ['polygenelubricants', -2_147_483_648],
  ])('is that of the Java string %j', (text, hash) => expect(javaStringHash(text)).toBe(hash))
})

const someId: DelayId = {
  timestamp: 1_500_000_000,
  type: DELAY_TYPES.once,
  expire: 1_500_172_800,
  times: 0,
  timed: 0,
  interval: 0,
  seq: 0,
  uuid: UUID,
}
