import { StorageError } from '@ddmq/storage'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestClient, TestProxy } from './proxy-fixture.ts'

describe('sendBatchSync', () => {
  let proxy: TestProxy
  let client: TestClient
  beforeAll(async () => {
    proxy = await TestProxy.start({
      topics: [
        { topic: 'a' },
        { topic: 'b' },
        { topic: 'whole' },
        { topic: 'large' },
        { topic: 'ordered' },
        { topic: 'failing' },
        { topic: 'delay', change: { delayTopic: true } },
        { topic: 'R_test_chronos_inner_0' },
      ],
    })
    client = await proxy.connect()
  })
  afterAll(() => proxy[Symbol.asyncDispose]())

  it('PP-44 answers 0 to an empty and to an absent list', async () => {
    expect(await client.sendBatch([])).toMatchObject({ code: 0 })
    expect(await client.sendBatch(undefined)).toMatchObject({ code: 0 })
  })

  it('PP-45 stores 10 messages of 2 topics', async () => {
    const list = Array.from({ length: 10 }, (_, index) => ({
      topic: index % 2 === 0 ? 'a' : 'b',
      body: String(index),
      partitionId: -2,
    }))
    expect(await client.sendBatch(list)).toMatchObject({ code: 0 })
    expect((await proxy.bodies('a')).toSorted()).toEqual(['0', '2', '4', '6', '8'])
    expect((await proxy.bodies('b')).toSorted()).toEqual(['1', '3', '5', '7', '9'])
  })

  it.each([
    ['PP-46', 11, { topic: 'whole', properties: new Map([['KEYS', 'v']]) }],
    ['PP-46', 11, { topic: 'whole', body: '' }],
    ['PP-21', 11, { topic: 'R_test_chronos_inner_0' }],
    ['PP-50', 19, { topic: 'delay' }],
    ['PP-13', 13, { topic: 'unknown' }],
  ])('%s answers %i and stores nothing where a later member is %j', async (_item, code, member) => {
    const good = { topic: 'whole' }
    const result = await client.sendBatch([good, member, good])
    expect(result).toMatchObject({ code, msg: expect.stringContaining('message 1') })
    expect(await proxy.bodies('whole')).toEqual([])
    expect(await proxy.bodies('delay')).toEqual([])
  })

  it('PP-47 stores a list whose total is over the limit of one message', async () => {
    const body = new Uint8Array(1_000_000)
    const result = await client.sendBatch(
      [1, 2, 3].map(hash => ({ topic: 'large', body, hashId: BigInt(hash) })),
    )
    expect(result.code).toBe(0)
    expect(await proxy.bodies('large')).toHaveLength(3)
  })

  it('PP-48 keeps the order of the list within a partition', async () => {
    const list = Array.from({ length: 50 }, (_, index) => ({
      topic: 'ordered',
      body: String(index),
      hashId: 6n,
    }))
    expect(await client.sendBatch(list)).toMatchObject({ code: 0 })
    expect(await proxy.bodies('ordered')).toEqual(list.map(member => member.body))
  })

  it('PP-49 answers the failure of a partition, stores none of its messages and all of the others', async () => {
    proxy
      .cluster()
      .fail(append => (append.partition === '1' ? new StorageError('unavailable', 'down') : undefined))
    const result = await client.sendBatch(
      ['0', '1', '2', '1'].map(partition => ({
        topic: 'failing',
        body: partition,
        partitionId: Number(partition),
      })),
    )
    proxy.cluster().fail(() => undefined)
    expect(result.code).toBe(10)
    expect((await proxy.bodies('failing')).toSorted()).toEqual(['0', '2'])
    const failed = { topic: 'failing', result: 'FAIL_UNKNOWN' }
    expect(await proxy.metric('ddmq_producer_proxy_messages_total', failed)).toBe(2)
    expect(await proxy.metric('ddmq_producer_proxy_messages_total', { ...failed, result: 'OK' })).toBe(2)
  })
})
