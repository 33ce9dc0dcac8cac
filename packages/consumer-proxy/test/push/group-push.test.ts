import { encodeMessageHeaders, type Header } from '@ddmq/storage'
import { eventually } from '@ddmq/testkit'
import { expect, test } from 'vitest'
import { type GroupFixture, groupDocument, groupFixture, PROXY } from '../app/group-fixture.ts'
import { answering, Receiver } from './receiver.ts'

const ACTIONS = ['Async', 'Json', 'FormParams', 'AsyncHttp']

/** A topic of one partition, and a group that pushes it with these settings. */
async function pushing(fixture: GroupFixture, settings: Parameters<typeof groupDocument>[1]) {
  if ((await fixture.cluster.admin.describeTopic('orders')) === undefined) {
    await fixture.cluster.admin.createTopic({ topic: 'orders', partitions: 1 })
  }
  const group = fixture.createGroup('g')
  await group.apply(groupDocument('g', { topic: 'orders', actions: ACTIONS, ...settings }), PROXY)
  return group
}

function headersOf(properties: Readonly<Record<string, string>>): Header[] {
  return [...encodeMessageHeaders(undefined, new Map(Object.entries(properties)))]
}

function paramsOf(receiver: Receiver): string[] {
  return receiver.requests.map(({ body }) => new URLSearchParams(body).get('params') ?? '').toSorted()
}

async function committedOffset(fixture: GroupFixture): Promise<number | undefined> {
  const [lag] = await fixture.cluster.admin.lag('g', 'orders')
  return lag?.committedOffset
}

test('CP-30 CP-39 CP-48 CP-49 a stored message is pushed with its properties, and its offset advances', async () => {
  await using fixture = await groupFixture()
  await using receiver = await Receiver.start()
  const group = await pushing(fixture, {
    urls: [receiver.origin],
    appendContext: ['QID', 'OFFSET', 'PROPERTIES'],
  })

  await fixture.append('orders', '0', ['{"for":"tests"}'], headersOf({ isPressureTraffic: 'true' }))
  await fixture.append('orders', '0', ['null'])
  await fixture.append(
    'orders',
    '0',
    ['{"id":1234567890123456789}'],
    headersOf({ carrera_headers: '{"h":"v"}' }),
  )

  await eventually(() => expect(receiver.requests).toHaveLength(1))
  const [request] = receiver.requests
  expect([...new URLSearchParams(request?.body)]).toEqual([
    ['params', '{"id":1234567890123456789}'],
    ['carrera_qid', 'R_default_0'],
    ['carrera_offset', '2'],
    ['carrera_properties', '{"carrera_headers":"{\\"h\\":\\"v\\"}"}'],
    ['carrera_req_cnt', '0'],
  ])
  expect(request?.headers['h']).toBe('v')
  await group.stop(AbortSignal.timeout(5000))
  expect(await committedOffset(fixture)).toBe(3)
})

test('CP-44 a message whose retries are used up is found in the dead-letter topic', async () => {
  await using fixture = await groupFixture()
  await using receiver = await Receiver.start(answering(200, '{"errno":7}'))
  await pushing(fixture, { urls: [receiver.origin], retryIntervals: [1, 2] })

  await fixture.append('orders', '0', ['{"a":1}', 'no json'])

  const dead = await eventually(async () => {
    const [result] = await fixture.cluster.read(
      [{ topic: 'ddmq.dead.g', partition: '0', offset: 0 }],
      { maxBytes: 1_000_000, maxWaitMs: 0 },
      { deadlineMs: 1000 },
    )
    expect(result?.records).toHaveLength(2)
    return result?.records ?? []
  })
  const reasons = dead.map(record =>
    Object.fromEntries(record.headers.map(({ name, value }) => [name, Buffer.from(value).toString()])),
  )
  expect(
    reasons.map(headers => `${headers['ddmq-dead-reason']} ${headers['ddmq-dead-attempts']}`).toSorted(),
  ).toEqual(['actionFailed 0', 'businessRetriesExhausted 3'])
  expect(receiver.requests).toHaveLength(3)
})

test('CP-55 a stop loses no message: what was not finished is pushed again, what was is not', async () => {
  await using fixture = await groupFixture()
  const open: (() => void)[] = []
  await using receiver = await Receiver.start((response, { body }) => {
    if (body.includes('refused')) response.writeHead(500).end()
    else if (body.includes('slow')) open.push(() => response.end())
    else response.end()
  })
  const settings = { urls: [receiver.origin] }
  const group = await pushing(fixture, settings)
  await fixture.append('orders', '0', ['{"n":"done"}', '{"n":"slow"}', '{"n":"refused"}', '{"n":"later"}'])
  await eventually(() => expect(receiver.requests.length).toBeGreaterThanOrEqual(4))

  const stopped = group.stop(AbortSignal.timeout(5000))
  open[0]?.()
  await stopped
  expect(await committedOffset(fixture)).toBe(2)

  receiver.requests.length = 0
  receiver.answer(answering(200))
  const next = await pushing(fixture, settings)
  await eventually(() => expect(paramsOf(receiver)).toEqual(['{"n":"later"}', '{"n":"refused"}']))
  await next.stop(AbortSignal.timeout(5000))
  expect(await committedOffset(fixture)).toBe(4)
})

test('a live change of the URLs reaches a message that is being retried', async () => {
  await using fixture = await groupFixture()
  await using before = await Receiver.start(answering(200, '{"errno":7}'))
  await using after = await Receiver.start()
  const retried = { topic: 'orders', actions: ACTIONS, retryIntervals: [5, -1] }
  const group = await pushing(fixture, { ...retried, urls: [before.origin] })
  await fixture.append('orders', '0', ['{"a":1}'])
  await eventually(() => expect(before.requests.length).toBeGreaterThan(2))

  await group.apply(groupDocument('g', { ...retried, urls: [after.origin] }), PROXY)

  await eventually(() => expect(after.requests).toHaveLength(1))
  await group.stop(AbortSignal.timeout(5000))
  expect(await committedOffset(fixture)).toBe(1)
})

test('an encoded body is drawn from the byte budget until its message is done', async () => {
  await using fixture = await groupFixture()
  await using receiver = await Receiver.start(() => undefined)
  const group = await pushing(fixture, { urls: [receiver.origin], actions: ['FormParams', 'AsyncHttp'] })

  await fixture.append('orders', '0', ['/'.repeat(10_000)])

  await eventually(() => expect(receiver.requests).toHaveLength(1))
  expect(fixture.budget.usedBytes).toBeGreaterThan(40_000)
  await group.stop(AbortSignal.timeout(5000))
  expect(fixture.budget.usedBytes).toBe(0)
})

test('attempts are counted by result, and an endpoint that does not respond is shown', async () => {
  await using fixture = await groupFixture()
  await using receiver = await Receiver.start((response, _received, index) => {
    if (index === 0) response.end()
    else response.destroy()
  })
  const group = await pushing(fixture, { urls: [receiver.origin], actions: ['FormParams', 'AsyncHttp'] })

  await fixture.append('orders', '0', ['a'])
  await eventually(async () =>
    expect(await fixture.registry.metrics()).toMatch(/push_attempts_total\{.*result="success"\} 1/),
  )
  expect(group.pausedEndpoints).toBe(0)
  await fixture.append('orders', '0', Array.from({ length: 10 }, String))
  await eventually(() => expect(group.pausedEndpoints).toBe(1))

  const text = await fixture.registry.metrics()
  expect(text).toMatch(/push_attempts_total\{.*result="errorRetry"\} 10/)
  expect(text).toMatch(/push_duration_seconds_count\{.*\} 11/)
})
