import { tempDir } from '@ddmq/testkit'
import { expect, test } from 'vitest'
import { OWN } from './support/bodies.ts'
import { type ConsoleRun, startConsole } from './support/console-run.ts'

async function append(run: ConsoleRun, partition: string, values: readonly Uint8Array[]): Promise<void> {
  const records = values.map((value, index) => ({
    key: Buffer.from(`k${index}`),
    value,
    headers: [{ name: 'colour', value: Buffer.from('red') }],
    timestampMs: 1000,
  }))
  await run.cluster.append([{ topic: 'orders', partition, records }], { deadlineMs: 5000 })
}

async function startWithTopic(dir: string): Promise<ConsoleRun> {
  const run = await startConsole(dir)
  await run.post(`${OWN}/topics`, { topic: 'orders', partitions: 2 })
  await run.post(`${OWN}/groups`, { group: 'cg_a' })
  return run
}

async function committed(run: ConsoleRun): Promise<readonly number[]> {
  return (await run.cluster.admin.committed('cg_a', 'orders')).map(at => at.offset)
}

test('a pull subscription is enabled at once, at the end of the topic', async () => {
  await using dir = await tempDir()
  await using run = await startWithTopic(dir.path)
  await append(run, '0', [Buffer.from('a'), Buffer.from('b')])

  const answer = await run.post(`${OWN}/subscriptions`, {
    group: 'cg_a',
    topic: 'orders',
    concurrency: 5,
    maxPullBatchSize: 32,
  })

  expect(answer.body?.['data']).toMatchObject({
    group: 'cg_a',
    topic: 'orders',
    enabled: true,
    actions: ['Async', 'PullServer'],
    urls: [],
  })
  expect((await committed(run)).toSorted((a, b) => a - b)).toEqual([0, 2])
  expect(await run.document('group', 'cg_a')).toMatchObject({
    topics: [{ concurrency: 5, maxPullBatchSize: 32, maxTps: 999_999_999, enabled: true }],
  })
  expect((await run.get(`${OWN}/groups`)).body?.['data']).toEqual([{ group: 'cg_a', topics: ['orders'] }])
})

test('from earliest starts at the first record; a group that was here before goes on where it was', async () => {
  await using dir = await tempDir()
  await using run = await startWithTopic(dir.path)
  await append(run, '0', [Buffer.from('a'), Buffer.from('b')])
  const body = { group: 'cg_a', topic: 'orders', from: 'earliest' }

  await run.post(`${OWN}/subscriptions`, body)
  expect(await committed(run)).toEqual([0, 0])
  await run.call('DELETE', `${OWN}/subscriptions?group=cg_a&topic=orders`)
  await run.post(`${OWN}/subscriptions`, { ...body, from: 'latest' })

  expect(await committed(run)).toEqual([0, 0])
})

test('a push subscription gets the default chain; enable and disable may be repeated', async () => {
  await using dir = await tempDir()
  await using run = await startWithTopic(dir.path)

  const created = await run.post(`${OWN}/subscriptions`, {
    group: 'cg_a',
    topic: 'orders',
    push: { urls: ['http://127.0.0.1:1/cb'] },
    enabled: false,
    maxRetry: 1,
    timeoutMs: 200,
  })
  const pair = { group: 'cg_a', topic: 'orders' }
  const states = []
  for (const verb of ['enable', 'enable', 'disable', 'disable']) {
    states.push((await run.post(`${OWN}/subscriptions/${verb}`, pair)).body?.['data'].enabled)
  }

  expect(created.body?.['data']).toMatchObject({
    enabled: false,
    actions: ['Async', 'FormParams', 'AsyncHttp'],
    urls: ['http://127.0.0.1:1/cb'],
  })
  expect(await run.document('group', 'cg_a')).toMatchObject({
    topics: [{ maxRetry: 1, timeout: 200, concurrency: 128 }],
  })
  expect(states).toEqual([true, true, false, false])
})

test('unknown names are 404 that say so, wrong bodies 400 that name the field', async () => {
  await using dir = await tempDir()
  await using run = await startWithTopic(dir.path)

  const noTopic = await run.post(`${OWN}/subscriptions`, { group: 'cg_a', topic: 'nothing' })
  const noGroup = await run.post(`${OWN}/subscriptions`, { group: 'cg_b', topic: 'orders' })
  const wrong = await run.post(`${OWN}/subscriptions`, {
    group: 'cg_a',
    topic: 'orders',
    push: { urls: ['https://h/'], actions: ['Async', 'Groovy', 'AsyncHttp'] },
  })
  const pulledAndPushed = await run.post(`${OWN}/subscriptions`, {
    group: 'cg_a',
    topic: 'orders',
    push: { urls: ['http://127.0.0.1:1/cb'] },
    maxPullBatchSize: 32,
  })

  expect([noTopic.status, noTopic.body?.['errmsg']]).toEqual([404, 'topic nothing does not exist'])
  expect([noGroup.status, noGroup.body?.['errmsg']]).toEqual([404, 'group cg_b does not exist'])
  expect(wrong.status).toBe(400)
  expect(wrong.body?.['errmsg']).toContain('groovy: needs the action Groovy')
  expect(wrong.body?.['errmsg']).toContain('urls[0]: must be an http:// URL')
  expect(pulledAndPushed.status).toBe(400)
  expect(pulledAndPushed.body?.['errmsg']).toContain('maxPullBatchSize: is for subscriptions that are pulled')
})

test('a tail shows records with key, properties and a body as text or Base64, and ends at max', async () => {
  await using dir = await tempDir()
  await using run = await startWithTopic(dir.path)
  await append(run, '0', [Buffer.from('héllo'), Buffer.from([0xff, 0x00])])
  await append(run, '1', [Buffer.from('other')])

  const all = await run.get(`${OWN}/topics/orders/tail?from=earliest&max=2&partition=0`)
  const records = all.text
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))

  expect(records).toEqual([
    {
      brokerCluster: 'R_default',
      topic: 'orders',
      partition: '0',
      offset: 0,
      timestampMs: 1000,
      key: 'k0',
      tags: null,
      properties: { colour: 'red' },
      body: 'héllo',
    },
    expect.objectContaining({ offset: 1, bodyBase64: '/wA=' }),
  ])
  expect((await run.get(`${OWN}/topics/orders/tail?partition=7`)).body?.['errmsg']).toContain('partition')
  expect((await run.get(`${OWN}/topics/nothing/tail`)).status).toBe(404)
})

test('a topic that a service made, such as dead letters, is shown with its partitions and offsets', async () => {
  await using dir = await tempDir()
  await using run = await startWithTopic(dir.path)
  await run.cluster.admin.createTopic({ topic: 'ddmq.dead.cg_a', partitions: 2 })
  const record = { key: null, value: Buffer.from('dead'), headers: [], timestampMs: 1000 }
  await run.cluster.append([{ topic: 'ddmq.dead.cg_a', partition: '1', records: [record] }], {
    deadlineMs: 5000,
  })

  const shown = await run.get(`${OWN}/topics/ddmq.dead.cg_a`)
  const nothing = await run.get(`${OWN}/topics/ddmq.dead.cg_b`)

  expect(shown.body?.['data']).toEqual({
    topic: 'ddmq.dead.cg_a',
    partitions: 2,
    brokerClusters: ['R_default'],
    description: '',
    offsets: [
      { brokerCluster: 'R_default', partition: '0', startOffset: 0, endOffset: 0 },
      { brokerCluster: 'R_default', partition: '1', startOffset: 0, endOffset: 1 },
    ],
    groups: [],
  })
  expect([nothing.status, nothing.body?.['errmsg']]).toEqual([404, 'topic ddmq.dead.cg_b does not exist'])
})

test('a tail of a topic that a service made, such as dead letters, shows what the service noted', async () => {
  await using dir = await tempDir()
  await using run = await startWithTopic(dir.path)
  await run.cluster.admin.createTopic({ topic: 'ddmq.dead.cg_a', partitions: 1 })
  const noted = {
    'ddmq-tags': 'paid',
    'ddmq-property-ddmq-x': 'user',
    'ddmq-dead-reason': 'refused',
    own: 'v',
  }
  const headers = Object.entries(noted).map(([name, value]) => ({ name, value: Buffer.from(value) }))
  const record = { key: null, value: Buffer.from('dead'), headers, timestampMs: 1000 }
  await run.cluster.append([{ topic: 'ddmq.dead.cg_a', partition: '0', records: [record] }], {
    deadlineMs: 5000,
  })

  const tail = await run.get(`${OWN}/topics/ddmq.dead.cg_a/tail?from=earliest&max=1`)

  expect(JSON.parse(tail.text)).toMatchObject({
    topic: 'ddmq.dead.cg_a',
    tags: 'paid',
    properties: { 'ddmq-x': 'user', own: 'v' },
    headers: { 'ddmq-dead-reason': 'refused' },
    body: 'dead',
  })
})

test('a tail from the end shows what arrives while it waits', async () => {
  await using dir = await tempDir()
  await using run = await startWithTopic(dir.path)
  await append(run, '0', [Buffer.from('old')])
  const response = await fetch(`${run.url}${OWN}/topics/orders/tail?max=1`, {
    headers: { authorization: `Bearer ${run.console.operatorToken}` },
  })

  await append(run, '1', [Buffer.from('new')])

  expect(JSON.parse((await response.text()).trim())).toMatchObject({ partition: '1', body: 'new' })
})

test('a subscription that cannot be enabled is not left behind', async () => {
  await using dir = await tempDir()
  await using run = await startWithTopic(dir.path)
  await run.post(`${OWN}/topics`, { topic: 'bills' })
  await run.post(`${OWN}/subscriptions`, { group: 'cg_a', topic: 'orders' })

  const refused = await run.post(`${OWN}/subscriptions`, {
    group: 'cg_a',
    topic: 'bills',
    push: { urls: ['http://127.0.0.1:1/'] },
  })

  expect([refused.status, refused.body?.['errno']]).toEqual([400, 400])
  expect((await run.get(`${OWN}/subscriptions`)).body?.['data']).toHaveLength(1)
  const pulled = await run.post(`${OWN}/subscriptions`, { group: 'cg_a', topic: 'bills' })
  expect(pulled.body?.['data'].enabled).toBe(true)
})

test('info tells the version and the addresses', async () => {
  await using dir = await tempDir()
  await using run = await startConsole(dir.path)

  expect((await run.get(`${OWN}/info`)).body?.['data']).toEqual({
    version: '0.1.0',
    brokerCluster: 'R_default',
    producerProxies: ['127.0.0.1:9613'],
    consumerProxies: ['127.0.0.1:9713'],
  })
})

test('a proxy is added and removed by its address, and topics list it in between', async () => {
  await using dir = await tempDir()
  await using run = await startWithTopic(dir.path)
  const proxy = { kind: 'producer', address: '10.0.0.7:9700' }
  const listed = async () => JSON.stringify(await run.document('topic', 'orders'))

  const added = await run.post(`${OWN}/proxies`, proxy)
  const again = await run.post(`${OWN}/proxies`, proxy)
  const whileThere = await listed()
  const shown = (await run.get(`${OWN}/proxies`)).body?.['data']
  const document = await run.document('pproxy', '10.0.0.7:9700')
  const removed = await run.call('DELETE', `${OWN}/proxies?kind=producer&address=10.0.0.7:9700`)
  const unknown = await run.call('DELETE', `${OWN}/proxies?kind=producer&address=10.0.0.7:9700`)

  expect([added, again, removed].map(({ body }) => body?.['errno'])).toEqual([0, 0, 0])
  expect(whileThere).toContain('10.0.0.7:9700')
  expect(shown).toContainEqual({ ...proxy, fromConfiguration: false })
  expect(shown).toContainEqual({ kind: 'producer', address: '127.0.0.1:9613', fromConfiguration: true })
  expect(document).toMatchObject({ instance: '10.0.0.7:9700', topics: ['orders'] })
  expect(await listed()).not.toContain('10.0.0.7:9700')
  expect(unknown.body?.['errno']).toBe(400)
})
