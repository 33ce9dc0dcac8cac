import { formatDelayId, parseDelayId } from '@ddmq/common/delay'
import { StorageError } from '@ddmq/storage'
import { delayTableTopic } from '@ddmq/storage/delay'
import { eventually } from '@ddmq/testkit'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { delayClusterIndex } from '../../src/core/delay-place.ts'
import { addOnce, cancel } from '../delay-messages.ts'
import { INNER_PREFIX } from '../documents.ts'
import { type FixtureOptions, type TestClient, TestProxy } from './proxy-fixture.ts'

const TABLE = delayTableTopic(INNER_PREFIX)
const DELAY = { topic: 'delay', change: { delayTopic: true } }
const BOTH = ['A', 'B']
const TWO: FixtureOptions = { clusters: BOTH, topics: [{ ...DELAY, clusters: BOTH }] }

async function keysOf(proxy: TestProxy, cluster?: string): Promise<string[]> {
  const records = [...(await proxy.stored(TABLE, cluster)).values()].flat()
  return records.map(({ key }) => Buffer.from(key ?? []).toString())
}

describe('a table that does not answer', () => {
  let proxy: TestProxy
  let client: TestClient
  beforeAll(async () => {
    proxy = await TestProxy.start({ topics: [DELAY] })
    client = await proxy.connect()
  })
  afterAll(() => proxy[Symbol.asyncDispose]())
  afterEach(() => {
    proxy.cluster().open()
    proxy.cluster().fail(() => undefined)
  })

  it('PP-73 CH-21 answers 12 with the id, under which the message may be stored and be cancelled', async () => {
    proxy.cluster().shut()
    const added = await client.sendDelay(addOnce(), 100)
    expect(added).toMatchObject({ code: 12, msg: 'FAILED: Send timeout' })
    const { uniqDelayMsgId: id = '' } = added
    expect(parseDelayId(id)).toBeTypeOf('object')
    expect(await client.sendDelay(cancel(id), 100)).toMatchObject({ code: 12, uniqDelayMsgId: id })
    proxy.cluster().open()
    await eventually(async () => expect(await keysOf(proxy)).toContain(`m/delay/${id}`))
    expect(await client.sendDelay(cancel(id))).toMatchObject({ code: 0 })
    expect(await keysOf(proxy)).toContain(`c/delay/${id}/0`)
  })

  it('CH-21 answers once, and at timeout 0 waits as long as the configuration says', async () => {
    proxy.cluster().shut()
    const waiting = client.sendDelay(addOnce(), 0)
    await eventually(async () => {
      const labels = { method: 'sendDelaySync' }
      expect(await proxy.metric('ddmq_producer_proxy_inflight_requests', labels)).toBe(1)
    })
    proxy.cluster().open()
    expect(await waiting).toMatchObject({ code: 0 })
    expect(await client.sendDelay(addOnce({ topic: 'unknown' }))).toMatchObject({ code: 13 })
  })

  it.each([
    [10, 'unavailable'],
    [11, 'tooLarge'],
    [15, 'overload'],
  ] as const)('answers %i without an id when the storage says %s', async (code, kind) => {
    const { uniqDelayMsgId: id = '' } = await client.sendDelay(addOnce())
    proxy.cluster().fail(() => new StorageError(kind, 'no'))
    expect(await client.sendDelay(addOnce())).toMatchObject({ code, uniqDelayMsgId: '' })
    expect(await client.sendDelay(cancel(id))).toMatchObject({ code, uniqDelayMsgId: '' })
  })
})

describe('a proxy that cannot keep delay messages', () => {
  it('answers 14 and names the table where the cluster has none', async () => {
    await using proxy = await TestProxy.start({ topics: [DELAY], tablePartitions: 0 })
    const client = await proxy.connect()
    const id = `1500000000-2-1500172800-0-0-0-0-${addOnce().uuid}`
    for (const message of [addOnce(), cancel(id)]) {
      const refused = await client.sendDelay(message)
      expect(refused).toMatchObject({ code: 14, uniqDelayMsgId: '' })
      expect(refused.msg).toContain(`broker cluster R_test has no table of delayed messages (${TABLE})`)
    }
    await proxy.cluster().admin.createTopic({ topic: TABLE, partitions: 1, compacted: true })
    await eventually(async () => expect(await client.sendDelay(addOnce())).toMatchObject({ code: 0 }))
  })

  it('answers 13 where its document names no delay service', async () => {
    await using proxy = await TestProxy.start({ topics: [DELAY], carrera: { delay: undefined } })
    const client = await proxy.connect()
    const refused = await client.sendDelay(addOnce())
    expect(refused).toMatchObject({ code: 13, msg: expect.stringContaining('no delay service') })
    expect(await client.sendDelay(addOnce({ timestamp: 1 }))).toMatchObject({ code: 33 })
  })

  it('CH-21 PP-85 answers what is in flight at the stop, and 20 to what comes then', async () => {
    await using proxy = await TestProxy.start({ topics: [DELAY] })
    const client = await proxy.connect()
    proxy.cluster().shut()
    const inFlight = client.sendDelay(addOnce(), 20_000)
    await eventually(() => expect(proxy.cluster().appendCalls).toBe(1))
    const stopping = proxy.service.stop()
    const late = client.sendDelay(addOnce())
    await eventually(async () => {
      const labels = { method: 'sendDelaySync', result: 'FAIL_SERVER_SHUTDOWN' }
      expect(await proxy.metric('ddmq_producer_proxy_requests_total', labels)).toBe(1)
    })
    proxy.cluster().open()
    expect(await inFlight).toMatchObject({ code: 0 })
    expect(await late).toMatchObject({ code: 20, uniqDelayMsgId: '' })
    await stopping
  })

  it('PP-84 asks for the partitions of the table before it listens', async () => {
    await using proxy = await TestProxy.start({ topics: [DELAY] })
    expect([...proxy.cluster().asked].toSorted()).toEqual([TABLE, 'delay'])
  })
})

describe('limits of delay requests', () => {
  const ON = { useRequestLimiter: true, tpsWarningRatio: 0.8 }
  const TINY = 0.01

  it('charges the topic of the message, for a cancel too, and answers 15 without an id', async () => {
    const change = { delayTopic: true, limiterFailureRetryInterval: 0 }
    await using proxy = await TestProxy.start({
      topics: [{ topic: 'delay', maxTps: TINY, change }],
      carrera: ON,
    })
    const client = await proxy.connect()
    const { uniqDelayMsgId: id } = await client.sendDelay(addOnce())
    expect(await client.sendDelay(cancel(id))).toMatchObject({ code: 0 })
    expect(await client.sendDelay(addOnce())).toMatchObject({ code: 15, uniqDelayMsgId: '' })
    expect(await client.sendDelay(cancel(id))).toMatchObject({ code: 15, uniqDelayMsgId: '' })
    const labels = { topic: 'delay', limit: 'topic', outcome: 'refused' }
    expect(await proxy.metric('ddmq_producer_proxy_limited_messages_total', labels)).toBe(2)
    // What fails a check before the limits is not charged, nor refused by them.
    expect(await client.sendDelay(cancel(id?.replace(/-2-/, '-5-')))).toMatchObject({ code: 31 })
  })

  it('asks no cluster about an unknown partition for a cancel that the limits refuse', async () => {
    const change = { delayTopic: true, limiterFailureRetryInterval: 0 }
    await using proxy = await TestProxy.start({
      topics: [{ topic: 'delay', maxTps: TINY, change }],
      carrera: ON,
    })
    const client = await proxy.connect()
    const id = `1500000000-2-1500172800-0-0-0-9-${addOnce().uuid}`
    const codes: number[] = []
    for (let sent = 0; sent < 5; sent++) codes.push((await client.sendDelay(cancel(id))).code)
    expect(codes).toEqual([34, 34, 15, 15, 15])
    expect(proxy.cluster().identityCalls).toBe(2)
  })

  it('holds a refused request for its second attempt', async () => {
    const change = { delayTopic: true, limiterFailureRetryInterval: 300 }
    await using proxy = await TestProxy.start({
      topics: [{ topic: 'delay', maxTps: 10, change }],
      carrera: ON,
    })
    const client = await proxy.connect()
    const ids = await Promise.all(
      Array.from({ length: 11 }, async () => {
        const { code, uniqDelayMsgId } = await client.sendDelay(addOnce())
        expect(code).toBe(0)
        return uniqDelayMsgId
      }),
    )
    expect((await keysOf(proxy)).toSorted()).toEqual(ids.map(id => `m/delay/${id}`).toSorted())
  })

  it('CH-21 answers 12 at the deadline to what is held', async () => {
    const change = { delayTopic: true, limiterFailureRetryInterval: 2_000 }
    await using proxy = await TestProxy.start({
      topics: [{ topic: 'delay', maxTps: TINY, change }],
      carrera: ON,
    })
    const client = await proxy.connect()
    const answers = await Promise.all(Array.from({ length: 3 }, () => client.sendDelay(addOnce(), 200)))
    expect(answers.map(({ code }) => code)).toEqual([0, 0, 12])
    expect(answers[2]?.uniqDelayMsgId).toBe('')
    expect(await keysOf(proxy)).toHaveLength(2)
  })
})

describe('a delay topic on two clusters', () => {
  it('PP-71 CH-19 spreads messages over the clusters, and in each over all partitions', async () => {
    await using proxy = await TestProxy.start(TWO)
    const client = await proxy.connect()
    const messages = Array.from({ length: 200 }, () => addOnce())
    for (const message of messages) expect(await client.sendDelay(message)).toMatchObject({ code: 0 })
    for (const [index, name] of BOTH.entries()) {
      const stored = await proxy.stored(TABLE, name)
      expect([...stored.values()].every(records => records.length > 5)).toBe(true)
      const expected = messages.filter(({ uuid = '' }) => delayClusterIndex(uuid, 2) === index)
      expect([...stored.values()].flat()).toHaveLength(expected.length)
    }
  })

  it('stores a cancel in both, and answers 0 only when both have it', async () => {
    await using proxy = await TestProxy.start(TWO)
    const client = await proxy.connect()
    const { uniqDelayMsgId: id = '' } = await client.sendDelay(addOnce())
    for (const name of BOTH) {
      proxy.cluster(name).fail(() => new StorageError('unavailable', 'busy'))
      expect(await client.sendDelay(cancel(id))).toMatchObject({ code: 10, uniqDelayMsgId: '' })
      proxy.cluster(name).fail(() => undefined)
      proxy.cluster(name).shut()
      expect(await client.sendDelay(cancel(id), 100)).toMatchObject({ code: 12, uniqDelayMsgId: id })
      proxy.cluster(name).open()
    }
    expect(await client.sendDelay(cancel(id))).toMatchObject({ code: 0, uniqDelayMsgId: id })
    for (const name of BOTH) expect(await keysOf(proxy, name)).toContain(`c/delay/${id}/0`)
  })

  it('stores a cancel in the one that is there, and says that the other is not', async () => {
    await using proxy = await TestProxy.prepare(TWO)
    proxy.connector.refuse('B')
    await proxy.putNode()
    await proxy.service.start()
    const client = await proxy.connect()
    const id = `1500000000-2-1500172800-0-0-0-1-${addOnce().uuid}`
    const refused = await client.sendDelay(cancel(id))
    expect(refused).toMatchObject({ code: 10, uniqDelayMsgId: '' })
    expect(refused.msg).toContain('broker cluster B is not connected')
    expect(await keysOf(proxy, 'A')).toContain(`c/delay/${id}/0`)
  })

  it('stores a cancel in the one that has a table, and answers 14 when none has', async () => {
    await using proxy = await TestProxy.start(TWO)
    await proxy.cluster('A').admin.deleteTopic(TABLE)
    const client = await proxy.connect()
    const id = `1500000000-2-1500172800-0-0-0-1-${addOnce().uuid}`
    expect(await client.sendDelay(cancel(id))).toMatchObject({ code: 0, uniqDelayMsgId: id })
    expect(await keysOf(proxy, 'B')).toEqual([`c/delay/${id}/0`])
    proxy.cluster('B').fail(() => new StorageError('unavailable', 'busy'))
    expect(await client.sendDelay(cancel(id))).toMatchObject({ code: 10 })
    await proxy.cluster('B').admin.deleteTopic(TABLE)
    const refused = await client.sendDelay(cancel(id))
    expect(refused).toMatchObject({ code: 14, uniqDelayMsgId: '' })
    expect(refused.msg).toContain(`broker cluster A has no table of delayed messages (${TABLE})`)
  })

  it('CH-15 sends the cancel of an added partition only to the cluster that has it', async () => {
    await using proxy = await TestProxy.start(TWO)
    const client = await proxy.connect()
    await proxy.cluster('B').admin.setPartitionCount(TABLE, 6)
    const parsed = parseDelayId(`1500000000-2-1500172800-0-0-0-5-${addOnce().uuid}`)
    if (typeof parsed === 'string') throw new Error(parsed)
    const id = formatDelayId(parsed)
    expect(await client.sendDelay(cancel(id))).toMatchObject({ code: 0 })
    expect(await keysOf(proxy, 'A')).toEqual([])
    expect(await keysOf(proxy, 'B')).toEqual([`c/delay/${id}/0`])
    expect(await client.sendDelay(cancel(formatDelayId({ ...parsed, seq: 6 })))).toMatchObject({ code: 34 })
  })
})
