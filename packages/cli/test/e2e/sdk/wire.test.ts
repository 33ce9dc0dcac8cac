import type { PullResponse, Result } from '@ddmq/common/idl'
import { eventually } from '@ddmq/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { framed, openSocket, readFrame } from './raw-socket.ts'
import { RunningDdmq, unique } from './running-ddmq.ts'
import {
  bodiesOf,
  consume,
  getConsumeStats,
  pull,
  sendAsync,
  sendBatchSync,
  sendDelaySync,
  sendSync,
  submit,
  successOf,
  wireMessage,
} from './wire-calls.ts'

/** What the original Python client sends: topic `test`, key `k1`, body `hello`; neither hashId nor tags (sdk.md §1.5). */
const PYTHON_FRAME =
  '8221000873656e6453796e631c18047465737418026b314503180568656c6c6f180670792d302e320016d00f00'

let running: RunningDdmq
beforeAll(async () => {
  running = await RunningDdmq.start()
}, 60_000)
afterAll(() => running[Symbol.asyncDispose]())

const utf8 = (text: string): Uint8Array => Buffer.from(text)

test('SD-5 a message with value and no body is delivered with the bytes of value', async () => {
  const { topic, group } = await running.createQueue()
  const producer = await running.connect(9613)

  const sent = await sendSync(producer, wireMessage(topic, { key: 'k', value: utf8('naïve ✓') }))
  const reply = await pull(await running.connect(9713), group)

  expect(sent.code).toBe(0)
  expect(bodiesOf(reply)).toEqual(['naïve ✓'])
})

test('SD-1 SD-6 the oldest client’s frame, without hashId and tags, is stored and delivered', async () => {
  await running.createTopic('test')
  const group = await running.subscribe('test')
  const socket = await openSocket(running.ddmq.port(9613))

  socket.write(framed(Buffer.from(PYTHON_FRAME, 'hex')))
  const answer = await readFrame(socket)
  const reply = await pull(await running.connect(9713), group)

  // A reply named sendSync of sequence id 0; its field 0 is a struct whose field 1 is 0.
  expect(answer.toString('hex')).toMatch(/^8241000873656e6453796e630c00150018/)
  expect(reply.messages).toMatchObject([{ key: 'k1', tag: undefined }])
  expect(bodiesOf(reply)).toEqual(['hello'])
})

test('SD-7 a group without a tag filter receives tags "*", empty and absent alike', async () => {
  const { topic, group } = await running.createQueue()
  const producer = await running.connect(9613)

  for (const tags of ['*', '', undefined]) {
    const body = utf8(`tags ${tags}`)
    expect(await sendSync(producer, wireMessage(topic, { body, tags }))).toMatchObject({ code: 0 })
  }
  const bodies = await consume(await running.connect(9713), group, 3)

  expect(bodies).toEqual(['tags *', 'tags ', 'tags undefined'])
})

test('SD-10 whatever is sent, the code is a documented one', async () => {
  const { topic } = await running.createQueue()
  const limited = unique('limited')
  await running.createTopic(limited, { tps: 1 })
  const connection = await running.connect(9613)
  const body = utf8('x')
  const long = 'k'.repeat(256)
  const answers: (Result | Promise<Result>)[] = [
    sendSync(connection, undefined),
    sendSync(connection, wireMessage('carrera_heartbeat', {})),
    sendSync(connection, wireMessage('nowhere', { body })),
    sendSync(connection, wireMessage('', { body })),
    sendSync(connection, wireMessage(topic, {})),
    sendSync(connection, wireMessage(topic, { body, key: long })),
    sendSync(connection, wireMessage(topic, { body, tags: long })),
    sendSync(connection, wireMessage(topic, { body, properties: new Map([['KEYS', 'v']]) })),
    sendSync(connection, wireMessage(topic, { body: Buffer.alloc(4_500_000) })),
    sendSync(connection, wireMessage(topic, { body, partitionId: 2_147_483_647 })),
    sendSync(connection, wireMessage(topic, { body, partitionId: -1, hashIdHigh: -1, hashIdLow: -1 })),
    sendSync(connection, wireMessage(topic, { body }), 0),
    sendSync(connection, wireMessage(topic, { body }), -5),
    sendAsync(connection, wireMessage(topic, { body })),
    sendBatchSync(connection, []),
    sendBatchSync(connection, [wireMessage(topic, { body }), wireMessage('nowhere', { body })]),
    ...Array.from({ length: 5 }, () => sendSync(connection, wireMessage(limited, { body }), 15)),
  ]
  const delays = [
    sendDelaySync(connection, {}),
    sendDelaySync(connection, { topic, body, action: 1, dmsgtype: 2 }),
    sendDelaySync(connection, { topic: 'nowhere', body, action: 9 }),
    sendDelaySync(connection, { topic, body: utf8('c'), action: 2, uniqDelayMsgId: 'x' }),
  ]

  const codes = (await Promise.all([...answers, ...delays])).map(({ code }) => code)

  const documented = [-1, 0, 10, 11, 12, 13, 14, 15, 18, 19, 20, 21, 30, 31, 32, 33, 34, 35, 36, 37, 38]
  expect(codes.filter(code => !documented.includes(code))).toEqual([])
  expect(new Set(codes)).toEqual(new Set([0, 11, 13, 15, 18]))
})

test('CP-10 SD-13 both elements of a chain of results that comes with a pull are applied', async () => {
  const { topic, group } = await running.createQueue({ partitions: 2, subscription: { timeoutMs: 60_000 } })
  const producer = await running.connect(9613)
  for (const partitionId of [0, 1]) {
    await sendSync(producer, wireMessage(topic, { partitionId, body: utf8(`of ${partitionId}`) }))
  }
  const consumer = await running.connect(9713)
  const first = await pull(consumer, group)
  const second = await pull(consumer, group)

  const result = { ...successOf(first), nextResult: successOf(second) }
  const after = await pull(consumer, group, { result, maxLingerTime: 50 })
  const stats = await getConsumeStats(consumer, group, topic)

  expect(new Set([first, second].map(({ context }) => context.qid)).size).toBe(2)
  expect(after.messages).toEqual([])
  expect(stats.map(({ consumeOffsets }) => [...consumeOffsets.values()])).toEqual([[1, 1]])
})

test('CP-11 SD-14 a pull that reports offsets nobody holds gets messages and no error', async () => {
  const { topic, group } = await running.createQueue()
  await sendSync(await running.connect(9613), wireMessage(topic, { body: utf8('there') }))
  const consumer = await running.connect(9713)
  const context = { groupId: group, topic, qid: 'R_default_0' }
  const unknown = [
    { context, successOffsets: [17, -1], failOffsets: [2 ** 40] },
    { context: { ...context, qid: 'nowhere_3' }, successOffsets: [0] },
    { context: { ...context, topic: 'nothing' }, failOffsets: [0] },
    { context: { ...context, groupId: 'cg_nobody' }, successOffsets: [0] },
    { context: {}, successOffsets: [0] },
    {},
  ]
  const result = unknown.reduceRight((nextResult, element) => ({ ...element, nextResult }))

  const reply = await pull(consumer, group, { result })

  expect(bodiesOf(reply)).toEqual(['there'])
})

test('SD-15 an empty pull is held for its linger and answered with a context and no messages', async () => {
  const { group } = await running.createQueue()
  const consumer = await running.connect(9713)
  const beganMs = performance.now()

  const reply = await pull(consumer, group, { maxLingerTime: 300 })

  expect(performance.now() - beganMs).toBeGreaterThanOrEqual(299)
  expect(reply).toEqual({ context: { groupId: undefined, topic: undefined, qid: undefined }, messages: [] })
})

test('SD-16 no ordinary condition is answered with a PullException', async () => {
  const { topic, group } = await running.createQueue()
  const hooks = await running.subscribe(topic, { push: { urls: ['http://127.0.0.1:9/'] } })
  const disabled = await running.subscribe(topic, { enabled: false })
  const consumer = await running.connect(9713)
  const once = { maxLingerTime: 20 }
  const requests: [string, object][] = [
    [group, once],
    [group, {}],
    [group, { ...once, maxBatchSize: 0 }],
    [group, { ...once, maxBatchSize: -1 }],
    [group, { ...once, maxBatchSize: 2 ** 30 }],
    [group, { maxLingerTime: -1 }],
    [group, { ...once, topic: 'not subscribed' }],
    [group, { ...once, topic: '' }],
    [group, { ...once, version: 'x'.repeat(10_000) }],
    [group, { ...once, result: {} }],
    ['cg_nobody', once],
    ['', once],
    [hooks, once],
    [disabled, once],
  ]

  const replies: PullResponse[] = []
  for (const [name, request] of requests) {
    replies.push(await pull(consumer, name, { maxLingerTime: 20, ...request }))
  }
  const submitted = await submit(consumer, { context: { groupId: 'cg_nobody', topic, qid: 'q' } })
  const stats = await getConsumeStats(consumer, 'cg_nobody')

  expect(replies.flatMap(({ messages }) => messages)).toEqual([])
  expect(submitted).toBe(true)
  expect(stats).toEqual([])
})

test('CP-21 lag figures follow what was sent and confirmed', async () => {
  const { topic, group } = await running.createQueue()
  const producer = await running.connect(9613)
  const consumer = await running.connect(9713)
  for (const text of ['a', 'b', 'c']) await sendSync(producer, wireMessage(topic, { body: utf8(text) }))

  await submit(consumer, successOf(await pull(consumer, group, { maxBatchSize: 1 })))

  await eventually(async () => {
    const [stats] = await getConsumeStats(consumer, group, topic)
    expect([...(stats?.consumeOffsets ?? [])]).toEqual([['R_default_0', 1]])
    expect([...(stats?.produceOffsets ?? [])]).toEqual([['R_default_0', 3]])
  })
})
