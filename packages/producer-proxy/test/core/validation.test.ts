import { Message } from '@ddmq/common/idl'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { problemOfMessage } from '../../src/core/validation.ts'

const RULES = { innerTopicPrefix: 'inner_', maxBodyBytes: 10 }
const BODY = Buffer.from('0123456789')

function problem(change: Partial<Message>, body: Uint8Array | undefined = BODY): string | undefined {
  const message = Object.assign(new Message(), { topic: 't' }, change)
  return problemOfMessage(message.topic, message, body, RULES)
}

describe('validation', () => {
  it('PP-14 allows a key of 255 UTF-16 units and refuses 256', () => {
    expect(problem({ key: 'k'.repeat(255) })).toBeUndefined()
    expect(problem({ key: 'k'.repeat(256) })).toContain('key')
    expect(problem({ key: '😀'.repeat(128) })).toContain('256')
  })

  it('PP-15 allows tags of 255 characters and refuses 256', () => {
    expect(problem({ tags: 't'.repeat(255) })).toBeUndefined()
    expect(problem({ tags: 't'.repeat(256) })).toContain('tags')
  })

  const reserved =
    'KEYS TAGS WAIT DELAY RETRY_TOPIC REAL_TOPIC REAL_QID TRAN_MSG PGROUP MIN_OFFSET MAX_OFFSET BUYER_ID ORIGIN_MESSAGE_ID TRANSFER_FLAG CORRECTION_FLAG MQ2_FLAG RECONSUME_TIME MSG_REGION TRACE_ON UNIQ_KEY MAX_RECONSUME_TIMES CONSUME_START_TIME'
  it.each(reserved.split(' '))('PP-16 refuses the reserved property name %s', name => {
    expect(problem({ properties: new Map([[name, 'v']]) })).toContain(name)
  })

  it.each([
    ['', 'v'],
    [' \t', 'v'],
    ['p', ''],
    ['p', ' \n'],
  ])('PP-17 refuses the property %j = %j', (name, value) => {
    expect(problem({ properties: new Map([[name, value]]) })).toContain('blank')
  })

  it('PP-18 refuses an empty and an absent body', () => {
    expect(problem({}, new Uint8Array())).toContain('empty')
    expect(problemOfMessage('t', new Message(), undefined, RULES)).toContain('empty')
  })

  it('PP-19 allows a body of exactly the limit and refuses one byte more', () => {
    expect(problem({}, new Uint8Array(10))).toBeUndefined()
    expect(problem({}, new Uint8Array(11))).toBe('body has 11 bytes, at most 10 are allowed')
  })

  it('PP-21 refuses a topic with the inner prefix, unless the prefix is blank', () => {
    expect(problem({ topic: 'inner_0' })).toContain('inner_')
    const rules = { ...RULES, innerTopicPrefix: ' ' }
    expect(problemOfMessage(' x', new Message(), BODY, rules)).toBeUndefined()
  })

  it.each([
    [{ key: 'a\u0001b' }],
    [{ tags: '\u0002' }],
    [{ properties: new Map([['p', 'a\u0001']]) }],
    [{ properties: new Map([['p\u0002', 'a']]) }],
  ])('PP-41 refuses U+0001 and U+0002 in texts: %j', change => {
    expect(problem(change)).toContain('U+0001')
  })

  it('refuses a missing topic', () => {
    expect(problem({ topic: undefined })).toBe('topic is missing')
    expect(problem({ topic: '' })).toBe('topic is missing')
  })

  it('names the first rule that is broken, in the order key, tags, properties, topic, body', () => {
    const broken: Partial<Message> = {
      key: 'k'.repeat(256),
      tags: 't'.repeat(256),
      properties: new Map([['KEYS', 'v']]),
      topic: 'inner_0',
    }
    const none = new Uint8Array()
    expect(problem(broken, none)).toContain('key')
    expect(problem({ ...broken, key: '' }, none)).toContain('tags')
    expect(problem({ ...broken, key: '', tags: '' }, none)).toContain('KEYS')
    expect(problem({ topic: 'inner_0' }, none)).toContain('delay service')
  })

  it('lets every other property pass', () => {
    const text = fc.string({ unit: 'grapheme' }).filter(value => value.trim() !== '')
    fc.assert(
      fc.property(text, text, (name, value) => {
        fc.pre(
          !reserved.split(' ').includes(name) &&
            !['\u0001', '\u0002'].some(separator => (name + value).includes(separator)),
        )
        expect(problem({ properties: new Map([[name, value]]) })).toBeUndefined()
      }),
    )
  })
})
