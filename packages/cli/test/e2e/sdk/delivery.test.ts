import type { Outcome } from '@ddmq/sdk'
import { eventually } from '@ddmq/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startHookServer } from '../hook-server.ts'
import { RunningDdmq } from './running-ddmq.ts'

let running: RunningDdmq
beforeAll(async () => {
  running = await RunningDdmq.start()
}, 60_000)
afterAll(() => running[Symbol.asyncDispose]())

test('everything a producer gives a message is what its consumer gets', async () => {
  const { topic, group } = await running.createQueue({ partitions: 4 })
  const producer = await running.producer()
  const consumer = await running.consumer(group)

  const { code } = await producer.send({
    topic,
    body: Uint8Array.of(0xff, 0, 0xfe, 0x80),
    key: 'k1',
    tags: ['paid', 'eu'],
    partition: 2,
    properties: { source: 'web', 'ddmq-like': 'ours', 名: '値' },
    traceId: 't1',
    pressure: false,
  })
  const first = await nextMessage(consumer)

  expect(code).toBe(0)
  expect(first).toMatchObject({
    topic,
    qid: 'R_default_2',
    offset: 0,
    key: 'k1',
    body: Buffer.from([0xff, 0, 0xfe, 0x80]),
    tags: 'paid||eu',
    properties: { source: 'web', 'ddmq-like': 'ours', 名: '値', traceId: 't1' },
  })
})

test('SD-12 headers given as pretty-printed JSON become HTTP headers of the push', async () => {
  const hook = await startHookServer()
  const { topic } = await running.createQueue({ subscription: { push: { urls: [hook.url] } } })
  const producer = await running.producer()
  const headers = JSON.stringify({ 'X-Tenant': 'acme', 'x-attempt': 7, 'x-note': 'a b' }, null, 4)

  await producer.send({ topic, body: 'pushed', properties: { carrera_headers: headers } })

  const { form, headers: got } = await eventually(() => {
    const [only] = hook.received
    if (only === undefined) throw new Error('nothing was pushed yet')
    return only
  })
  expect(form.get('params')).toBe('pushed')
  expect(got).toMatchObject({ 'x-tenant': 'acme', 'x-attempt': '7', 'x-note': 'a b' })
})

test('CP-12 a message that is always refused ends in the dead-letter topic of its group, and tail shows why', async () => {
  const { topic, group } = await running.createQueue({
    partitions: 2,
    subscription: { retryIntervals: [10, 20] },
  })
  const producer = await running.producer()
  const consumer = await running.consumer(group)
  let deliveries = 0
  void consumer.run((): Outcome => {
    deliveries += 1
    return 'FAIL'
  })

  await producer.send({ topic, body: 'poison', key: 'k9', tags: 'bad', partition: 1, properties: { n: '1' } })
  const letter = await deadLetterOf(group)

  expect(deliveries).toBe(3)
  expect(letter).toMatchObject({
    topic: `ddmq.dead.${group}`,
    key: 'k9',
    tags: 'bad',
    body: 'poison',
    properties: { n: '1' },
    headers: {
      'ddmq-dead-reason': 'businessRetriesExhausted',
      'ddmq-dead-attempts': '3',
      'ddmq-dead-group': group,
      'ddmq-dead-topic': topic,
      'ddmq-dead-partition': '1',
      'ddmq-dead-offset': '0',
    },
  })
})

test('CP-14 a message nobody ever answers for ends in the dead-letter topic after its last time-out', async () => {
  const { topic, group } = await running.createQueue({ subscription: { timeoutMs: 100, maxRetry: 2 } })
  const producer = await running.producer()
  const consumer = await running.consumer(group, { ordering: 'none' })
  let deliveries = 0
  void consumer.run((): Outcome => {
    deliveries += 1
    return 'SKIP'
  })

  await producer.send({ topic, body: 'ignored' })
  const letter = await deadLetterOf(group)

  expect(deliveries).toBe(3)
  expect(letter).toMatchObject({
    body: 'ignored',
    headers: { 'ddmq-dead-reason': 'timeoutRetriesExhausted', 'ddmq-dead-attempts': '3' },
  })
})

test('CP-44 a push that is always refused ends as a dead letter with what the endpoint said', async () => {
  const hook = await startHookServer(response => void response.end('{"errno":7,"errmsg":"no such account"}'))
  const { topic, group } = await running.createQueue({
    subscription: { push: { urls: [hook.url] }, retryIntervals: [10, 20], maxRetry: 5 },
  })
  const producer = await running.producer()

  await producer.send({ topic, body: 'refused' })
  const letter = await deadLetterOf(group)

  expect(hook.received.map(({ form }) => form.get('carrera_req_cnt'))).toEqual(['0', '1', '2'])
  expect(letter).toMatchObject({
    body: 'refused',
    headers: {
      'ddmq-dead-reason': 'businessRetriesExhausted',
      'ddmq-dead-attempts': '3',
      'ddmq-dead-last-response': expect.stringContaining('no such account'),
    },
  })
})

/** Takes one message and stops the consumer. */
async function nextMessage(consumer: Awaited<ReturnType<RunningDdmq['consumer']>>) {
  for await (const delivery of consumer) {
    delivery.ack()
    return delivery.message
  }
  throw new Error('the consumer was stopped')
}

/** The first dead letter of a group, as the command shows it. */
async function deadLetterOf(group: string) {
  const [letter] = await eventually(() =>
    running.ddmq.json('tail', `ddmq.dead.${group}`, '--from', 'earliest', '--max', '1'),
  )
  return letter
}
