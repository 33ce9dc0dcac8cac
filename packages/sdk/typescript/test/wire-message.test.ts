import fc from 'fast-check'
import { expect, test } from 'vitest'
import { toHashIdWords } from '../src/core/hash-id.ts'
import { Rejection } from '../src/core/rejection.ts'
import { toWireMessage } from '../src/core/wire-message.ts'
import type { Message } from '../src/message.ts'

function convert(message: Message) {
  const wire = toWireMessage(message, Math.random)
  if (wire instanceof Rejection) throw new Error(`${wire.code} ${wire.message}`)
  return wire
}

function refusal(message: object) {
  const wire = toWireMessage({ topic: 't', body: 'b', ...message }, Math.random)
  if (!(wire instanceof Rejection)) throw new Error('accepted')
  return wire
}

test('a plain message gets a random key, any partition and no tags', () => {
  const wire = convert({ topic: 't', body: 'hello' })

  expect(wire.key).toMatch(/^[0-9A-Za-z]{16}$/)
  expect(wire).toMatchObject({ topic: 't', partitionId: -2, hashIdHigh: 0, hashIdLow: 0 })
  expect(wire.tags).toBeUndefined()
  expect(wire.properties).toBeUndefined()
})

test('SD-39 a text body is UTF-8', () => {
  expect(Buffer.from(convert({ topic: 't', body: 'grün 消息 🚀' }).body!).toString('utf8')).toBe(
    'grün 消息 🚀',
  )
})

test('bytes are passed on without a copy', () => {
  const body = Uint8Array.of(0, 255, 3)

  expect(convert({ topic: 't', body }).body).toBe(body)
})

test.each([
  ['topic', { topic: '' }],
  ['topic', { topic: ' ' }],
  ['topic', { topic: undefined }],
  ['body', { body: '' }],
  ['body', { body: new Uint8Array(0) }],
  ['body', { body: 7 }],
  ['key', { key: 'x'.repeat(256) }],
  ['key', { key: 'a\u0001b' }],
  ['tag', { tags: 'a||b' }],
  ['tag', { tags: ['a', ''] }],
  ['tags', { tags: 'x'.repeat(256) }],
  ['partition', { partition: -1 }],
  ['partition', { partition: 1.5 }],
  ['hashId', { hashId: 2 ** 53 }],
  ['properties', { properties: { ' ': 'x' } }],
  ['properties', { properties: { a: '' } }],
  ['properties', { properties: { DELAY: 'x' } }],
  ['properties', { properties: { a: 'x\u0002y' } }],
  ['properties', { traceId: '' }],
])('a bad %s is refused with the code of the server: %j', (name, member) => {
  expect(refusal(member)).toMatchObject({ code: 11, message: expect.stringContaining(name) })
})

test('a hash id beyond 64 bits is refused', () => {
  expect(refusal({ hashId: 2n ** 63n })).toMatchObject({ code: 11, message: 'hashId must fit into 64 bits' })
})

test('a text without a UTF-8 form is refused as an encoding error', () => {
  expect(refusal({ body: '\ud800' }).code).toBe(105)
  expect(refusal({ key: '\udc00' }).code).toBe(105)
})

test('tags are joined, headers and trace fields become properties', () => {
  const wire = convert({
    topic: 't',
    body: 'b',
    tags: ['a', 'b'],
    properties: { own: '1' },
    headers: { 'X-A': '1', 'Didi-Header-Rid': 'trace' },
    spanId: 'span',
    pressure: true,
  })

  expect(wire.tags).toBe('a||b')
  expect(Object.fromEntries(wire.properties!)).toEqual({
    own: '1',
    carrera_headers: '{"X-A":"1"}',
    traceId: 'trace',
    spanId: 'span',
    isPressureTraffic: 'true',
  })
})

test('a hash id chooses the partition unless one is given', () => {
  expect(convert({ topic: 't', body: 'b', hashId: 7 })).toMatchObject({
    partitionId: -1,
    hashIdHigh: 0,
    hashIdLow: 7,
  })
  expect(convert({ topic: 't', body: 'b', hashId: 7, partition: 3 })).toMatchObject({
    partitionId: 3,
    hashIdLow: 7,
  })
})

test('numbers and bigints give the two words of the same 64 bits', () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), value => {
      expect(toHashIdWords(value)).toEqual(toHashIdWords(BigInt(value)))
    }),
  )
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), value => {
      const words = toHashIdWords(value)
      if (typeof words === 'string') throw new Error(words)
      expect((BigInt(words.high) << 32n) + BigInt(words.low >>> 0)).toBe(value)
    }),
  )
})

test('a text hash id is the non-negative 64-bit FNV-1a of its UTF-8 bytes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), text => {
      const words = toHashIdWords(text)
      if (typeof words === 'string') throw new Error(words)
      expect((BigInt(words.high) << 32n) + BigInt(words.low >>> 0)).toBe(fnv1a63(text))
    }),
  )
})

/** The definition, in plain 64-bit arithmetic. */
function fnv1a63(text: string): bigint {
  let hash = 0xcbf29ce484222325n
  for (const byte of Buffer.from(text)) hash = ((hash ^ BigInt(byte)) * 0x100000001b3n) & (2n ** 64n - 1n)
  return hash & (2n ** 63n - 1n)
}
