import { consumerService } from '@ddmq/common/idl'
import { eventually, tempDir } from '@ddmq/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { allOf, bodiesOf, offsetsOf, type TestClient, TestProxy } from './proxy-fixture.ts'

let dir: Awaited<ReturnType<typeof tempDir>>
let proxy: TestProxy
let client: TestClient

beforeAll(async () => {
  dir = await tempDir()
  proxy = await TestProxy.start(dir.path)
  client = await proxy.connect()
})

afterAll(async () => {
  await proxy.stop()
  await dir[Symbol.asyncDispose]()
})

describe('a pull', () => {
  test('CP-1 is answered with messages of one topic and qid and a complete context', async () => {
    await proxy.serve('cp1', { topic: 'cp1a', partitions: 2 }, { topic: 'cp1b' })
    for (const [topic, partition] of [
      ['cp1a', 0],
      ['cp1a', 1],
      ['cp1b', 0],
    ] as const) {
      await proxy.append(topic, partition, ['x', 'y'])
    }
    const seen = new Set<string>()
    while (seen.size < 3) {
      const { context, messages } = await client.pull('cp1')
      expect(context).toEqual({
        groupId: 'cp1',
        topic: expect.stringMatching(/^cp1[ab]$/),
        qid: expect.stringMatching(/^R_default_[01]$/),
      })
      expect(messages[0]?.key).toBe('k')
      seen.add(`${context.topic} ${context.qid}`)
      await client.submit({ context, successOffsets: messages.map(message => message.offset) })
    }
  })

  test('CP-2 CP-3 with nothing to deliver is answered empty, with a context without fields', async () => {
    await proxy.serve('cp2', { topic: 'cp2' })
    for (const maxLingerTime of [200, 0, undefined]) {
      expect(await client.pull('cp2', { maxLingerTime })).toEqual({ context: {}, messages: [] })
    }
  })

  test('CP-4 that is parked is answered by the next message of its group and topic', async () => {
    await proxy.serve('cp4', { topic: 'cp4a' }, { topic: 'cp4b' })
    const other = await proxy.connect()
    const any = client.pull('cp4', { maxLingerTime: 20_000 })
    const ofB = other.pull('cp4', { maxLingerTime: 20_000, topic: 'cp4b' })
    await eventually(async () => expect(await proxy.metric('parked_pulls', 'cp4')).toBe(2))
    await proxy.append('cp4a', 0, ['a'])
    expect(bodiesOf(await any)).toEqual(['a'])
    await proxy.append('cp4b', 0, ['b'])
    expect(bodiesOf(await ofB)).toEqual(['b'])
  })

  test('CP-5 of a group that is not configured is answered empty', async () => {
    expect(await client.pull('nobody', { maxLingerTime: 50 })).toEqual({ context: {}, messages: [] })
  })

  test('CP-6 gets at most maxPullBatchSize messages, and fewer when it asks for fewer', async () => {
    await proxy.serve('cp6', { topic: 'cp6', maxPullBatchSize: 8 })
    await proxy.append(
      'cp6',
      0,
      Array.from({ length: 40 }, (_, index) => String(index)),
    )
    const sizes: number[] = []
    for (const maxBatchSize of [100, 3, undefined, 0]) {
      sizes.push((await client.pull('cp6', { maxBatchSize })).messages.length)
    }
    expect(sizes).toEqual([8, 3, 8, 8])
  })

  test('CP-7 stops with the message that reaches maxRecvMsgsLength', async () => {
    await proxy.serve('cp7', { topic: 'cp7' })
    for (let index = 0; index < 4; index++) await proxy.append('cp7', 0, [new Uint8Array(3_000_000)])
    await client.pull('cp7', { maxBatchSize: 1 })
    await eventually(async () => expect(await proxy.metric('inflight_messages', 'cp7')).toBe(4))
    expect((await client.pull('cp7', { maxBatchSize: 8 })).messages).toHaveLength(2)
  })

  test('CP-16 alternates between partitions that both have a backlog', async () => {
    await proxy.serve('cp16', { topic: 'cp16', partitions: 2, maxPullBatchSize: 2 })
    for (const partition of [0, 1]) {
      await proxy.append(
        'cp16',
        partition,
        Array.from({ length: 20 }, (_, index) => String(index)),
      )
    }
    await client.pull('cp16')
    await eventually(async () => expect(await proxy.metric('inflight_messages', 'cp16')).toBe(40))
    const qids: (string | undefined)[] = []
    for (let pulls = 0; pulls < 6; pulls++) qids.push((await client.pull('cp16')).context.qid)
    for (let index = 1; index < qids.length; index++) expect(qids[index]).not.toBe(qids[index - 1])
  })

  test('delivers tags and properties, and an empty body for a record without one', async () => {
    await proxy.serve('tags', { topic: 'tagged' })
    await proxy.append(
      'tagged',
      0,
      [new Uint8Array(0)],
      [
        { name: 'ddmq-tags', value: Buffer.from('blue') },
        { name: 'trace', value: Buffer.from('t1') },
      ],
    )
    const [message] = (await client.pull('tags')).messages
    expect(message).toMatchObject({ tag: 'blue', properties: new Map([['trace', 't1']]) })
    expect(message?.value).toHaveLength(0)
  })
})

describe('results', () => {
  test('CP-9 a confirmed message is committed when submit, or the pull that brings it, has answered', async () => {
    await proxy.serve('cp9', { topic: 'cp9', maxPullBatchSize: 1 })
    await proxy.append('cp9', 0, ['a', 'b'])
    const first = await client.pull('cp9')
    expect(await client.submit(allOf(first))).toBe(true)
    expect(await proxy.committed('cp9', 'cp9')).toEqual([1])
    const second = await client.pull('cp9')
    const nothing = await client.pull('cp9', { result: allOf(second), maxLingerTime: 50 })
    expect(nothing.messages).toEqual([])
    expect(await proxy.committed('cp9', 'cp9')).toEqual([2])
  })

  test('CP-10 all elements of a chain are applied, each to its own group, before messages are chosen', async () => {
    await proxy.serve('cp10', { topic: 'cp10', partitions: 2, concurrency: 1 })
    await proxy.serve('cp10b', { topic: 'cp10b' })
    for (const [topic, partition] of [
      ['cp10', 0],
      ['cp10', 1],
      ['cp10b', 0],
    ] as const) {
      await proxy.append(topic, partition, ['one', 'two'])
    }
    const [mine, others] = [await client.pull('cp10'), await client.pull('cp10b')]
    const unknown = { context: { groupId: 'nobody', topic: 't', qid: 'q' }, successOffsets: [1] }
    const result = { ...unknown, nextResult: { ...allOf(others), nextResult: allOf(mine) } }
    const next = await client.pull('cp10', { result })
    expect(next.messages).toHaveLength(1)
    expect(await proxy.committed('cp10b', 'cp10b')).toEqual([2])
  })

  test('CP-11 reports about anything that is not with a client are answered true and change nothing', async () => {
    await proxy.serve('cp11', { topic: 'cp11' })
    await proxy.append('cp11', 0, ['a'])
    const response = await client.pull('cp11')
    const { context } = response
    for (const result of [
      { context, successOffsets: [17], failOffsets: [18] },
      { context: { ...context, topic: 'none' }, successOffsets: [0] },
      { context: { ...context, qid: 'none_0' }, successOffsets: [0] },
      { context: { ...context, groupId: 'none' }, failOffsets: [0] },
      { successOffsets: [0] },
    ]) {
      expect(await client.submit(result)).toBe(true)
    }
    expect(await client.submit(allOf(response))).toBe(true)
    expect(await client.submit(allOf(response))).toBe(true)
    expect(await proxy.committed('cp11', 'cp11')).toEqual([1])
  })

  test('CP-12 a message that is refused each time comes after each pause, and is then dropped and committed', async () => {
    await proxy.serve('cp12', { topic: 'cp12', retryIntervals: [10, 20, 30] })
    await proxy.append('cp12', 0, ['bad'])
    for (let delivery = 0; delivery < 4; delivery++) {
      const response = await client.pull('cp12')
      expect(offsetsOf(response)).toEqual([0])
      await client.submit({ context: response.context, failOffsets: [0] })
    }
    expect((await client.pull('cp12', { maxLingerTime: 100 })).messages).toEqual([])
    await eventually(async () => {
      await client.submit({ context: { groupId: 'cp12' } })
      expect(await proxy.committed('cp12', 'cp12')).toEqual([1])
    })
    expect(await proxy.metric('dead_letters_total', 'cp12')).toBe(1)
  })

  test('CP-13 a ladder that ends in -1 repeats its last pause', async () => {
    await proxy.serve('cp13', { topic: 'cp13', retryIntervals: [5, -1] })
    await proxy.append('cp13', 0, ['bad'])
    for (let delivery = 0; delivery < 20; delivery++) {
      const response = await client.pull('cp13')
      expect(offsetsOf(response)).toEqual([0])
      await client.submit({ context: response.context, failOffsets: [0] })
    }
  })

  test('CP-14 a message nobody confirms is delivered 1 + maxRetry times and then dropped', async () => {
    await proxy.serve('cp14', { topic: 'cp14', timeout: 50, maxRetry: 2 })
    await proxy.append('cp14', 0, ['slow'])
    for (let delivery = 0; delivery < 3; delivery++) expect(offsetsOf(await client.pull('cp14'))).toEqual([0])
    expect((await client.pull('cp14', { maxLingerTime: 200 })).messages).toEqual([])
    await eventually(async () => expect(await proxy.metric('dead_letters_total', 'cp14')).toBe(1))
  })

  test('CP-15 with maxRetry -1 it is delivered without end', async () => {
    await proxy.serve('cp15', { topic: 'cp15', timeout: 10, maxRetry: -1 })
    await proxy.append('cp15', 0, ['slow'])
    for (let delivery = 0; delivery < 20; delivery++)
      expect(offsetsOf(await client.pull('cp15'))).toEqual([0])
  })

  test('CP-17 what timed out comes before what is new', async () => {
    await proxy.serve('cp17', { topic: 'cp17', timeout: 300, maxPullBatchSize: 1 })
    await proxy.append('cp17', 0, ['0', '1', '2'])
    expect(offsetsOf(await client.pull('cp17'))).toEqual([0])
    await eventually(async () => expect(await proxy.metric('timed_out_messages_total', 'cp17')).toBe(1))
    await proxy.serve('cp17', { topic: 'cp17', timeout: 60_000, maxPullBatchSize: 1 })
    expect(offsetsOf(await client.pull('cp17'))).toEqual([0])
    expect(offsetsOf(await client.pull('cp17'))).toEqual([1])
  })
})

test('CP-21 getConsumeStats answers committed and end offsets by qid', async () => {
  await proxy.serve('cp21', { topic: 'cp21a', partitions: 2 }, { topic: 'cp21b' })
  await proxy.append('cp21a', 1, ['x', 'y'])
  await client.submit(allOf(await client.pull('cp21')))
  const stats = (request: { group: string; topic?: string }) =>
    client.connection.call(consumerService.getConsumeStats, { request }, { timeoutMs: 5000 })
  const all = await stats({ group: 'cp21' })
  expect(all.map(({ topic }) => topic).toSorted()).toEqual(['cp21a', 'cp21b'])
  expect(await stats({ group: 'cp21', topic: 'cp21a' })).toEqual([
    {
      group: 'cp21',
      topic: 'cp21a',
      consumeOffsets: new Map([
        ['R_default_0', -1],
        ['R_default_1', 2],
      ]),
      produceOffsets: new Map([
        ['R_default_0', 0],
        ['R_default_1', 2],
      ]),
    },
  ])
  expect(await stats({ group: 'cp21', topic: 'other' })).toEqual([])
  expect(await stats({ group: 'nobody' })).toEqual([])
})

test('a client that goes away while it waits, or before its reply, loses no message and spends no attempt', async () => {
  await proxy.serve('gone', { topic: 'gone', timeout: 60_000, maxRetry: 0 })
  const leaving = await proxy.connect()
  const parked = leaving.pull('gone', { maxLingerTime: 20_000 })
  parked.catch(() => undefined)
  await eventually(async () => expect(await proxy.metric('parked_pulls', 'gone')).toBe(1))
  leaving.connection.close()
  await eventually(async () => expect(await proxy.metric('parked_pulls', 'gone')).toBe(0))
  await proxy.append('gone', 0, ['kept'])
  expect(await client.consume('gone', 1)).toEqual(['kept'])
})

test('fetch and ack are refused with a reason, and the connection stays usable', async () => {
  const request = { consumerId: 'c', groupId: 'low', cluster: 'R_default' }
  const fetch = client.connection.call(consumerService.fetch, { request }, { timeoutMs: 5000 })
  await expect(fetch).rejects.toThrow('use pull')
  const ack = { result: { ...request, offsets: new Map() } }
  await expect(client.connection.call(consumerService.ack, ack, { timeoutMs: 5000 })).rejects.toThrow(
    'use pull',
  )
  expect((await client.pull('low', { maxLingerTime: 20 })).messages).toEqual([])
})

test('CP-8 the pull beyond 1000 parked ones of a group is answered empty at once', async () => {
  await proxy.serve('cp8', { topic: 'cp8' })
  const clients = await Promise.all(Array.from({ length: 1000 }, () => proxy.connect()))
  const parked = clients.map(each => each.pull('cp8', { maxLingerTime: 20_000 }))
  await eventually(async () => expect(await proxy.metric('parked_pulls', 'cp8')).toBe(1000))
  expect((await client.pull('cp8', { maxLingerTime: 20_000 })).messages).toEqual([])
  expect(await proxy.metric('parked_pulls', 'cp8')).toBe(1000)
  await proxy.registry.put('cproxy', proxy.instance, {
    ...(await proxy.registry.get('cproxy', proxy.instance))!.value,
    groups: [],
  })
  expect(new Set((await Promise.all(parked)).map(({ messages }) => messages.length))).toEqual(new Set([0]))
})
