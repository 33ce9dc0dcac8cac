import { DELAY_TYPES, formatDelayId, MAX_DELAY_NUMBER, MAX_DELAY_SECOND } from '@ddmq/common/delay'
import { decodeMessageHeaders, encodeMessageHeaders } from '@ddmq/storage'
import {
  BARRIER_KEY,
  barrierRecord,
  cancelKey,
  cancelledUntilMs,
  cancelName,
  cancelRecord,
  firedRecord,
  messageKey,
  messageName,
  messageRecord,
  type NamedMessage,
  nextRoundRecord,
  parseMessageName,
  parseTableKey,
  progressKey,
  progressOf,
  tombstone,
} from '@ddmq/storage/delay'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { keyByGrammar } from './key-grammar.ts'

const NOW_MS = 1_767_225_600_000
const number = fc.integer({ min: 0, max: MAX_DELAY_NUMBER })
const ids = fc
  .record({
    timestamp: fc.integer({ min: 0, max: MAX_DELAY_SECOND }),
    type: fc.constantFrom(...Object.values(DELAY_TYPES)),
    expire: fc.integer({ min: 1_000_000_000, max: MAX_DELAY_SECOND }),
    times: number,
    timed: fc.constant(0),
    interval: number,
    seq: number,
    uuid: fc.uuid(),
  })
  .map(formatDelayId)
const topicLetter = fc.constantFrom(...'abzAZ019._-'.split(''))
const messages: fc.Arbitrary<NamedMessage> = fc.record({
  topic: fc.string({ unit: topicLetter, minLength: 1, maxLength: 249 }),
  id: ids,
  milliseconds: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 999 })),
})
const text = fc.string({ minLength: 1, maxLength: 20 })
const contents = fc
  .record({ body: fc.uint8Array({ maxLength: 200 }), tags: text, properties: fc.array(fc.tuple(text, text)) })
  .map(({ body, tags, properties }) => ({ body, headers: encodeMessageHeaders(tags, new Map(properties)) }))

describe('keys of the table', () => {
  it('name one message each, milliseconds included, and are read back', () => {
    fc.assert(
      fc.property(messages, fc.integer({ min: 0, max: MAX_DELAY_NUMBER }), (message, round) => {
        const name = messageName(message)
        const plain = messageName({ ...message, milliseconds: 0 })
        expect(parseMessageName(name)).toEqual(message)
        expect(cancelName(name)).toBe(plain)
        expect(parseTableKey(messageKey(name))).toEqual({ kind: 'message', name })
        expect(parseTableKey(progressKey(name))).toEqual({ kind: 'progress', name })
        expect(parseTableKey(cancelKey(plain, round))).toEqual({ kind: 'cancel', name: plain, round })
      }),
    )
    expect(parseTableKey(BARRIER_KEY)).toEqual({ kind: 'barrier' })
  })

  it('of different messages differ', () => {
    fc.assert(
      fc.property(messages, messages, (one, other) => {
        const same =
          one.topic === other.topic && one.id === other.id && one.milliseconds === other.milliseconds
        expect(messageName(one) === messageName(other)).toBe(same)
      }),
    )
  })

  const ID = '1500000000-2-1500172800-0-0-0-1-5f0c2c1e-e6a2-11f0-8a5b-9a1b2c3d4e5f'
  it.each([
    '',
    'bb',
    'b/x',
    `x/t/${ID}`,
    `m/${ID}`,
    `m/t/u/${ID}`,
    `m/t/${ID}/0`,
    `m/t/${ID}.0`,
    `m/t/${ID}.1000`,
    `c/t/${ID}`,
    `c/t/${ID}.5/0`,
    `m/t/${ID.replace('-0-0-0-', '-0-1-0-')}`,
    `m/t/${ID.replace('-2-', '-5-')}`,
  ])('are not %j', key => {
    expect(parseTableKey(Buffer.from(`m/t/${ID}`))).toMatchObject({ kind: 'message' })
    expect(parseTableKey(Buffer.from(key))).toBeUndefined()
  })

  it('are those of the grammar and no others', () => {
    const keys = fc
      .tuple(messages, fc.constantFrom('m', 's', 'c', 'x'), fc.constantFrom('', '/0', '/7', '/9876543210'))
      .map(([message, kind, round]) => `${kind}/${messageName(message)}${round}`)
    const texts = ['', '0', '1', '2', '9', 'a', 'g', 'A', '-', '.', '/', '_', 'é', '\n', '0123456789']
    const edits = fc.record({ at: fc.nat(400), length: fc.nat(1), text: fc.constantFrom(...texts) })
    let count = 0
    fc.assert(
      fc.property(keys, fc.option(edits, { nil: { at: 0, length: 0, text: '' } }), (key, edit) => {
        const at = edit.at % (key.length + 1)
        const edited = key.slice(0, at) + edit.text + key.slice(at + edit.length)
        const expected = keyByGrammar(edited)
        if (expected !== undefined) count++
        expect(parseTableKey(Buffer.from(edited, 'latin1'))).toEqual(expected)
      }),
      { numRuns: 2000 },
    )
    expect(count).toBeGreaterThan(100)
  })

  it('are never absent', () => expect(parseTableKey(null)).toBeUndefined())
})

describe('records of the table', () => {
  it('CH-24 keep body, tags and properties of a message unchanged, in its next rounds too', () => {
    fc.assert(
      fc.property(messages, contents, number, number, (message, content, round, addedMs) => {
        const name = messageName(message)
        const record = messageRecord(name, content, NOW_MS)
        expect(record).toEqual({
          key: messageKey(name),
          value: content.body,
          headers: content.headers,
          timestampMs: NOW_MS,
        })
        expect(progressOf(content.body, record.headers)).toBeUndefined()
        const next = nextRoundRecord(name, { round, addedMs, content }, NOW_MS)
        expect(next.key).toEqual(progressKey(name))
        expect(progressOf(next.value ?? Buffer.alloc(0), next.headers)).toEqual({
          kind: 'next',
          round,
          addedMs,
          content,
        })
      }),
    )
  })

  it('let no property of a message pass for their own headers', () => {
    const properties = new Map([
      ['ddmq-round', '7'],
      ['ddmq-added', '7'],
      ['ddmq-fired', ''],
    ])
    const content = { body: Buffer.from('x'), headers: encodeMessageHeaders('t', properties) }
    expect(progressOf(content.body, content.headers)).toBeUndefined()
    const { headers, value } = nextRoundRecord('n', { round: 1, addedMs: 2, content }, NOW_MS)
    const progress = progressOf(value ?? Buffer.alloc(0), headers)
    expect(progress).toEqual({ kind: 'next', round: 1, addedMs: 2, content })
    expect(decodeMessageHeaders(content.headers)).toEqual({ tags: 't', properties })
  })

  it('say that a message was fired', () => {
    const { value, headers } = firedRecord('n', NOW_MS)
    expect(progressOf(value ?? Buffer.alloc(0), headers)).toEqual({ kind: 'fired' })
  })

  it('say until when a cancel is of use', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10 ** 15 - 1 }), untilMs => {
        const record = cancelRecord('n', { round: 3, untilMs }, NOW_MS)
        expect(record.key).toEqual(cancelKey('n', 3))
        expect(cancelledUntilMs(record.value ?? Buffer.alloc(0))).toBe(untilMs)
      }),
    )
    for (const value of ['', '-1', '1.5', 'x', '1'.repeat(16)]) {
      expect(cancelledUntilMs(Buffer.from(value))).toBeUndefined()
    }
  })

  it('name who took a partition over, and what is taken out', () => {
    const barrier = barrierRecord('nonce', NOW_MS)
    expect(barrier).toMatchObject({ key: BARRIER_KEY, value: Buffer.from('nonce') })
    const key = messageKey('n')
    expect(tombstone(key, NOW_MS)).toEqual({ key, value: null, headers: [], timestampMs: NOW_MS })
  })
})
