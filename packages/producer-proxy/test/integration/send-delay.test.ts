import { randomUUID } from 'node:crypto'
import { parseDelayId } from '@ddmq/common/delay'
import type { DelayMessage } from '@ddmq/common/idl'
import { decodeMessageHeaders, type StoredRecord } from '@ddmq/storage'
import { cancelledUntilMs, delayTableTopic, parseTableKey } from '@ddmq/storage/delay'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addLoop, addOnce, cancel, secondsAhead } from '../delay-messages.ts'
import { INNER_PREFIX } from '../documents.ts'
import { type TestClient, TestProxy } from './proxy-fixture.ts'

const TABLE = delayTableTopic(INNER_PREFIX)
const DAYS_62 = 62 * 86_400
const TOO_LARGE = 2 ** 31
const UUID = '5f0c2c1e-e6a2-11f0-8a5b-9a1b2c3d4e5f'

/** Of a record of the table: the partition, and what its key says. */
type Row = StoredRecord & { readonly partition: string; readonly key: Uint8Array }

describe('sendDelaySync', () => {
  let proxy: TestProxy
  let client: TestClient
  beforeAll(async () => {
    proxy = await TestProxy.start({
      topics: [
        { topic: 'normal' },
        { topic: 'delay', partitions: 1, change: { delayTopic: true } },
        { topic: `${INNER_PREFIX}0` },
      ],
    })
    client = await proxy.connect()
  })
  afterAll(() => proxy[Symbol.asyncDispose]())

  async function rows(): Promise<Row[]> {
    const stored = await proxy.stored(TABLE)
    return [...stored].flatMap(([partition, records]) =>
      records.map(record => ({ ...record, partition, key: record.key ?? Buffer.alloc(0) })),
    )
  }

  async function added(message: DelayMessage): Promise<string> {
    const { code, uniqDelayMsgId } = await client.sendDelay(message)
    expect(code).toBe(0)
    return uniqDelayMsgId ?? ''
  }

  it('PP-70 CH-1 CH-2 CH-4 answers 13, 18 and 11 by topic, with an empty id', async () => {
    const refused = (topic: string) => client.sendDelay(addOnce({ topic }))
    expect(await refused('unknown')).toMatchObject({ code: 13, uniqDelayMsgId: '' })
    expect(await refused('normal')).toMatchObject({ code: 18, uniqDelayMsgId: '' })
    expect(await refused(`${INNER_PREFIX}0`)).toMatchObject({ code: 11, uniqDelayMsgId: '' })
    expect(await refused(TABLE)).toMatchObject({ code: 13 })
    expect(await client.sendDelay(undefined)).toMatchObject({ code: 11, uniqDelayMsgId: '' })
  })

  it('CH-3 takes a plain message to a delay topic only with the mark of the delay service', async () => {
    expect(await client.sendSync({ topic: 'delay' })).toMatchObject({ code: 19 })
    const properties = new Map([['from_chronos', 'from_chronos']])
    expect(await client.sendSync({ topic: 'delay', properties })).toMatchObject({ code: 0 })
  })

  it.each([`${INNER_PREFIX}0`, TABLE])('CH-4 takes no plain message to %s', async topic => {
    const properties = new Map([['from_chronos', 'from_chronos']])
    expect(await client.sendSync({ topic, properties })).toMatchObject({ code: 11 })
  })

  it('PP-69 CH-5 answers 11 to an empty body of an add or a cancel', async () => {
    const body = Buffer.alloc(0)
    const id = await added(addOnce())
    for (const message of [addOnce({ body }), addOnce({ body: undefined }), cancel(id, { body })]) {
      expect(await client.sendDelay(message)).toMatchObject({ code: 11, uniqDelayMsgId: '' })
    }
  })

  it.each([
    ['CH-6', { properties: new Map([['KEYS', 'v']]) }],
    ['CH-6', { properties: new Map([[' ', 'v']]) }],
    ['CH-6', { properties: new Map([['p', ' ']]) }],
    ['CH-7', { tags: 't'.repeat(256) }],
    ['PP-75 CH-22', { uuid: undefined }],
    ['CH-22', { uuid: UUID.slice(1) }],
    ['CH-22', { uuid: `${UUID}0` }],
    ['CH-22', { uuid: UUID.replaceAll('-', '0') }],
  ])('%s answers 11 to %o', async (_item, change) => {
    expect(await client.sendDelay(addOnce(change))).toMatchObject({ code: 11, uniqDelayMsgId: '' })
  })

  it('limits bodies by the limit of the topic they are delivered to', async () => {
    const body = Buffer.alloc(2_097_153)
    expect(await client.sendDelay(addOnce({ body }))).toMatchObject({ code: 11 })
    expect(await client.sendDelay(addOnce({ body: body.subarray(1) }))).toMatchObject({ code: 0 })
  })

  it.each([
    ['PP-63 CH-8', 33, () => addOnce({ timestamp: 999_999_999 })],
    ['PP-63', 33, () => addOnce({ timestamp: secondsAhead(DAYS_62 + 10) })],
    ['CH-8', 33, () => addOnce({ timestamp: secondsAhead(DAYS_62 + 60) })],
    ['CH-8', 33, () => addOnce({ timestamp: undefined })],
    ['CH-8', 33, () => addOnce({ milliseconds: 1_000 })],
    ['CH-8', 33, () => addOnce({ milliseconds: -1 })],
    ['PP-64 CH-9', 31, () => addOnce({ dmsgtype: undefined })],
    ['CH-9', 31, () => addOnce({ dmsgtype: 0 })],
    ['CH-9', 31, () => addOnce({ dmsgtype: 1 })],
    ['CH-9', 31, () => addOnce({ dmsgtype: 5 })],
    ['PP-65 CH-10', 35, () => addOnce({ times: 1 })],
    ['PP-65 CH-10', 35, () => addLoop({ times: 0 })],
    ['CH-10', 35, () => addLoop({ dmsgtype: 4, times: 0 })],
    ['CH-10', 35, () => addLoop({ times: -1 })],
    ['CH-10', 35, () => addLoop({ times: TOO_LARGE })],
    ['PP-66 CH-11', 36, () => addLoop({ timestamp: 1_500_000_000, expire: 1_500_000_000 })],
    ['CH-11', 36, () => addLoop({ expire: 10_000_000_000 })],
    ['PP-66 CH-12', 37, () => addLoop({ interval: 2 })],
    ['CH-12', 37, () => addLoop({ interval: TOO_LARGE })],
    ['CH-12', 37, () => addOnce({ interval: -1 })],
    ['PP-66 CH-12', 38, () => addLoop({ dmsgtype: 4, interval: 1 })],
    ['CH-12', 38, () => addLoop({ dmsgtype: 4, interval: TOO_LARGE })],
    ['PP-67 CH-13', 32, () => addOnce({ action: 3 })],
    ['CH-13', 32, () => addOnce({ action: 0 })],
  ])('%s answers %i to what must not be added', async (_item, code, message) => {
    const { uniqDelayMsgId, ...result } = await client.sendDelay(message())
    expect(result).toMatchObject({ code })
    // Code 31 echoes what the request has, which is nothing.
    expect(uniqDelayMsgId).toBe(code === 31 ? undefined : '')
  })

  it.each([
    ['PP-63 CH-8', () => addOnce({ timestamp: 1_000_000_000 })],
    ['CH-8', () => addOnce({ timestamp: secondsAhead(DAYS_62) })],
    ['CH-12', () => addLoop({ interval: 3 })],
    ['CH-12', () => addLoop({ dmsgtype: 4, interval: 2 })],
    ['CH-11', () => addLoop({ timestamp: 1_500_000_000, expire: 1_500_000_001 })],
    ['CH-22', () => addOnce({ uuid: randomUUID().toUpperCase() })],
  ])('%s answers 0 at the bound of what may be added', async (_item, message) => {
    expect(parseDelayId(await added(message()))).toBeTypeOf('object')
  })

  it('PP-61 CH-17 gives a message that is delivered once an expiry two days after its time', async () => {
    const id = await added(addOnce({ timestamp: 1_767_225_600, uuid: UUID }))
    expect(id).toMatch(new RegExp(`^1767225600-2-1767398400-0-0-0-[0-3]-${UUID}$`))
    const withInterval = await added(addOnce({ timestamp: 1_767_225_600, uuid: UUID, interval: 7 }))
    expect(withInterval).toContain('-0-0-7-')
  })

  it.each([3, 4])(
    'PP-61 CH-18 gives a loop of type %i the expiry, times and interval of its caller',
    async dmsgtype => {
      const loop = {
        dmsgtype,
        timestamp: 1_767_225_600,
        expire: 1_767_312_000,
        times: 5,
        interval: 60,
        uuid: UUID,
      }
      expect(await added(addLoop(loop))).toMatch(
        new RegExp(`^1767225600-${dmsgtype}-1767312000-5-0-60-[0-3]-${UUID}$`),
      )
    },
  )

  it('PP-62 CH-20 gives a repeated message the same id, and the table one key', async () => {
    const message = addOnce()
    const id = await added(message)
    expect(await added(message)).toBe(id)
    const keys = (await rows()).map(({ key }) => Buffer.from(key).toString())
    expect(keys.filter(key => key === `m/delay/${id}`).length).toBeGreaterThan(0)
    expect(new Set(keys.filter(key => key.includes(message.uuid ?? ''))).size).toBe(1)
  })

  it('PP-74 stores the bytes of the body, tags, properties and milliseconds as they came', async () => {
    const body = Buffer.from([0xff, 0xfe, 0x00, 0xc3, 0x28, 0x80])
    const properties = new Map([
      ['isPressureTraffic', 'true'],
      ['ddmq-odd', 'ä'],
    ])
    const id = await added(addOnce({ body, properties, tags: 'a||b', milliseconds: 250 }))
    const row = (await rows()).find(({ key }) => Buffer.from(key).toString() === `m/delay/${id}.250`)
    expect(row?.partition).toBe(`${seqOf(id)}`)
    expect(Buffer.from(row?.value ?? [])).toEqual(body)
    expect(decodeMessageHeaders(row?.headers ?? [])).toEqual({ tags: 'a||b', properties })
  })

  it('PP-72 stores a cancel in the partition of its add, under its name and until no round can be due', async () => {
    const message = addLoop({ milliseconds: 5 })
    const id = await added(message)
    expect(await client.sendDelay(cancel(id))).toEqual({ code: 0, msg: 'OK', uniqDelayMsgId: id })
    const ours = (await rows()).filter(({ key }) =>
      Buffer.from(key)
        .toString()
        .includes(message.uuid ?? ''),
    )
    expect(ours.map(({ key }) => parseTableKey(key))).toEqual([
      { kind: 'message', name: `delay/${id}.5` },
      { kind: 'cancel', name: `delay/${id}`, round: 0 },
    ])
    expect(new Set(ours.map(({ partition }) => partition))).toEqual(new Set([`${seqOf(id)}`]))
    const lastDueMs = ((message.timestamp ?? 0) + 9 * 10) * 1_000
    expect(cancelledUntilMs(ours[1]?.value ?? Buffer.alloc(0))).toBeGreaterThanOrEqual(lastDueMs + 600_000)
  })

  it('keeps the cancel of a later round under the first round, and gives back the id it was given', async () => {
    const message = addLoop({ timestamp: 1_500_000_000, expire: 1_600_000_000 })
    const id = await added(message)
    const later = id.replace('1500000000-', '1500000020-').replace('-10-0-10-', '-10-02-10-')
    expect(await client.sendDelay(cancel(later))).toMatchObject({ code: 0, uniqDelayMsgId: later })
    const cancels = (await rows()).flatMap(({ key }) => {
      const parsed = parseTableKey(key)
      return parsed?.kind === 'cancel' && parsed.name.includes(message.uuid ?? '') ? [parsed] : []
    })
    expect(cancels).toEqual([{ kind: 'cancel', name: `delay/${id}`, round: 2 }])
  })

  it('answers 0 to a cancel of what was never added, and of a loop that stands still', async () => {
    const never = `1500000000-2-1500172800-0-0-0-1-${randomUUID()}`
    const still = `1500000000-3-1500172800-2147483647-1000000-0-1-${randomUUID()}`
    for (const id of [never, still]) expect(await client.sendDelay(cancel(id))).toMatchObject({ code: 0 })
  })

  it.each([
    ['PP-68 CH-14', 30, undefined],
    ['PP-68 CH-14', 30, ' '],
    ['PP-68 CH-14', 30, 'x'],
    ['CH-14', 30, `150000000-2-1500172800-0-0-0-0-${UUID}`],
    ['CH-14', 30, `1500000000-22-1500172800-0-0-0-0-${UUID}`],
    ['CH-14', 30, `1500000000-2-15001728000-0-0-0-0-${UUID}`],
    ['CH-14', 30, `1500000000-2-1500172800-0-0-0-0-${UUID.toUpperCase()}`],
    ['CH-14', 30, `1500000000-2-1500172800-0-0-0-0-${UUID}-1`],
    ['CH-14', 30, `1500000000-2-1500172800-0-0-0--1-${UUID}`],
    ['CH-14', 30, `1500000000-3-1500172800-2147483648-0-5-0-${UUID}`],
    ['CH-14', 30, `1500000000-3-1500172800-9-2147483647-5-0-${UUID}`],
    ['CH-15', 31, `1500000000-0-1500172800-0-0-0-0-${UUID}`],
    ['CH-15', 31, `1500000000-1-1500172800-0-0-0-0-${UUID}`],
    ['PP-68 CH-15', 31, `1500000000-5-1500172800-0-0-0-0-${UUID}`],
    ['PP-68 CH-15', 34, `1500000000-2-1500172800-0-0-0-4-${UUID}`],
    ['CH-15', 34, `1500000000-2-1500172800-0-0-0-2147483647-${UUID}`],
  ])('%s answers %i to the cancel of %j and echoes it', async (_item, code, id) => {
    expect(await client.sendDelay(cancel(id))).toMatchObject({ code, uniqDelayMsgId: id })
  })

  it('CH-16 names the first check that fails', async () => {
    const badId = 'x'
    const broken = {
      tags: 't'.repeat(256),
      topic: 'unknown',
      timestamp: 1,
      dmsgtype: 5,
      times: -1,
      expire: 1,
      interval: 0,
      uuid: undefined,
    }
    const mended: readonly (readonly [code: number, change: Partial<DelayMessage>])[] = [
      [11, {}],
      [13, { tags: '' }],
      [18, { topic: 'normal' }],
      [33, { topic: 'delay' }],
      [31, { timestamp: 1_500_000_000 }],
      [35, { dmsgtype: 3 }],
      [36, { times: 1 }],
      [37, { expire: 1_600_000_000 }],
      [38, { dmsgtype: 4 }],
      [11, { interval: 2 }],
      [0, { uuid: randomUUID() }],
    ]
    let change: Partial<DelayMessage> = broken
    for (const [code, mend] of mended) {
      change = { ...change, ...mend }
      expect(await client.sendDelay(addOnce(change))).toMatchObject({ code })
    }
    expect(await client.sendDelay(cancel(badId, { tags: 't'.repeat(256) }))).toMatchObject({ code: 11 })
    expect(await client.sendDelay(cancel(badId, { topic: 'normal' }))).toMatchObject({ code: 18 })
    const seqAndType = `1500000000-5-1500172800-0-0-0-9-${UUID}`
    expect(await client.sendDelay(cancel(seqAndType))).toMatchObject({ code: 31 })
  })

  async function counts(): Promise<readonly number[]> {
    const requests = { method: 'sendDelaySync' }
    const illegal = { ...requests, result: 'FAIL_ILLEGAL_DELAY_MSG_TYPE' }
    return Promise.all([
      proxy.metric('ddmq_producer_proxy_requests_total', { ...requests, result: 'OK' }),
      proxy.metric('ddmq_producer_proxy_requests_total', illegal),
      proxy.metric('ddmq_producer_proxy_messages_total', { topic: 'delay', result: 'OK' }),
    ])
  }

  it('counts delay requests as the other methods are', async () => {
    const [oks = 0, illegals = 0, stored = 0] = await counts()
    const id = await added(addOnce())
    await client.sendDelay(cancel(id))
    await client.sendDelay(addOnce({ dmsgtype: 9 }))
    expect(await counts()).toEqual([oks + 2, illegals + 1, stored + 2])
  })

  it('PP-71 CH-19 adds 10,000 random uuids, spread over every partition of the table', async () => {
    const clients = await Promise.all(Array.from({ length: 20 }, () => proxy.connect()))
    const results = await Promise.all(
      clients.map(async each => {
        const answers: (readonly [number, string])[] = []
        for (let sent = 0; sent < 500; sent++) {
          const { code, uniqDelayMsgId = '' } = await each.sendDelay(addOnce())
          answers.push([code, uniqDelayMsgId])
        }
        return answers
      }),
    )
    const all = results.flat()
    expect(new Set(all.map(([code]) => code))).toEqual(new Set([0]))
    const bySeq = new Map<number, number>()
    for (const [, id] of all) bySeq.set(seqOf(id), (bySeq.get(seqOf(id)) ?? 0) + 1)
    expect(new Set(bySeq.keys())).toEqual(new Set([0, 1, 2, 3]))
    expect(Math.min(...bySeq.values())).toBeGreaterThan(2_200)
  }, 60_000)
})

function seqOf(id: string): number {
  const parsed = parseDelayId(id)
  return typeof parsed === 'object' ? parsed.seq : -1
}
