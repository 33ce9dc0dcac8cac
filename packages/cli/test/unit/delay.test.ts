import { expect, test } from 'vitest'
import { RefusedError, UsageError } from '../../src/errors.ts'
import { runCommand } from './support/run-command.ts'
import { startStubConsole } from './support/stub-console.ts'
import { startStubProducerProxy } from './support/stub-producer-proxy.ts'

const ID = '1798135200-2-1798308000-0-0-0-0-14f22520-ad72-11e7-91be-6ee54da579e3'
const TOPIC = { topic: 'later', partitions: 4, brokerClusters: ['R_default'] }

async function startServers(answers: Readonly<Record<string, unknown>> = {}) {
  const proxy = await startStubProducerProxy()
  const info = { producerProxies: [proxy.endpoint], consumerProxies: [] }
  const console = await startStubConsole({ 'GET /info': info, ...answers })
  const ddmq = (...words: readonly string[]) =>
    runCommand(['--console', console.url, '--token', 'secret', ...words])
  return { proxy, console, ddmq }
}

test('topic create --delay asks for a topic of delayed messages, and without it for none', async () => {
  const { console, ddmq } = await startServers({ 'POST /topics': TOPIC })

  await ddmq('topic', 'create', 'later', '--delay')
  await ddmq('topic', 'create', 'later', '--partitions', '8')

  expect(console.calls).toEqual([
    ['POST /topics', { topic: 'later', partitions: 4, delayTopic: true }],
    ['POST /topics', { topic: 'later', partitions: 8 }],
  ])
})

test('delay send --after sends once, so many milliseconds from now, and prints the id', async () => {
  const { proxy, ddmq } = await startServers()
  const sinceMs = Date.now()

  const content = ['hello', '--tags', 'paid', '--property', 'a=1']
  const { stdout } = await ddmq('delay', 'send', 'later', ...content, '--after', '1500ms', '--json')

  const printed: unknown = JSON.parse(stdout)
  expect(printed).toEqual({
    topic: 'later',
    delayId: 'the-id',
    dueMs: expect.any(Number),
    proxy: proxy.endpoint,
  })
  const [delay] = proxy.delays
  const { timestamp = 0, milliseconds = 0 } = delay ?? {}
  expect(printed).toMatchObject({ dueMs: timestamp * 1000 + milliseconds })
  expect(timestamp * 1000 + milliseconds).toBeGreaterThanOrEqual(sinceMs + 1500)
  expect(delay).toMatchObject({ action: 1, topic: 'later', tags: 'paid', dmsgtype: 2, times: undefined })
  expect(Buffer.from(delay?.body ?? []).toString()).toBe('hello')
  expect(Object.fromEntries(delay?.properties ?? [])).toEqual({ a: '1' })
})

test('delay send --at sends to a time, and says it to people', async () => {
  const { proxy, ddmq } = await startServers()
  const at = new Date(Math.ceil(Date.now() / 1000) * 1000 + 60_000)

  const iso = await ddmq('delay', 'send', 'later', 'x', '--at', at.toISOString())
  await ddmq('delay', 'send', 'later', 'x', '--at', `${at.getTime() / 1000}`)

  expect(iso.stdout).toBe(`sent to later, due ${at.toISOString()}, id the-id\n`)
  const due = { timestamp: at.getTime() / 1000, milliseconds: undefined }
  expect(proxy.delays).toMatchObject([due, due])
})

test('delay send --every and --exponent send loops; a loop alone begins after one interval', async () => {
  const { proxy, ddmq } = await startServers()
  const at = Math.ceil(Date.now() / 1000) + 60
  const sinceMs = Date.now()

  await ddmq('delay', 'send', 'later', 'x', '--at', `${at}`, '--every', '10s', '--times', '3')
  await ddmq('delay', 'send', 'later', 'x', '--at', `${at}`, '--every', '1m', '--until', `${at + 150}`)
  await ddmq('delay', 'send', 'later', 'x', '--at', `${at}`, '--exponent', '2', '--times', '4')
  await ddmq('delay', 'send', 'later', 'x', '--every', '5s', '--times', '2')

  expect(proxy.delays).toMatchObject([
    { timestamp: at, dmsgtype: 3, interval: 10, times: 3, expire: at + 20 },
    { timestamp: at, dmsgtype: 3, interval: 60, times: 3, expire: at + 150 },
    { timestamp: at, dmsgtype: 4, interval: 2, times: 4, expire: at + 14 },
    { dmsgtype: 3, interval: 5, times: 2 },
  ])
  const { timestamp = 0, milliseconds = 0 } = proxy.delays[3] ?? {}
  expect(timestamp * 1000 + milliseconds).toBeGreaterThanOrEqual(sinceMs + 5000)
})

test.each([
  ['say when', []],
  ['either --after or --at', ['--after', '5s', '--at', '1798135200']],
  ['either --every or --exponent', ['--after', '5s', '--every', '5s', '--exponent', '2', '--times', '2']],
  ['need --every or --exponent', ['--after', '5s', '--times', '2']],
  ['say when it ends', ['--every', '5s']],
  ['--every takes whole seconds', ['--every', '3500ms', '--times', '2']],
])('delay send says what is wrong with a line: %s', async (problem, words) => {
  const { proxy, console, ddmq } = await startServers()

  const done = ddmq('delay', 'send', 'later', 'x', ...words)

  await expect(done).rejects.toThrow(UsageError)
  await expect(done).rejects.toThrow(problem)
  expect([proxy.delays, console.calls]).toEqual([[], []])
})

test('what the SDK or the server refuses is said with its code', async () => {
  const { proxy, ddmq } = await startServers()
  proxy.codes.push(18, 18)

  const tooOften = ddmq('delay', 'send', 'later', 'x', '--every', '2s', '--times', '2')
  await expect(tooOften).rejects.toThrow(RefusedError)
  await expect(tooOften).rejects.toThrow(/not sent: repeat\.intervalSec .* \(code 37\)/)
  await expect(ddmq('delay', 'send', 'orders', 'x', '--after', '5s')).rejects.toThrow(
    'not sent: code18 (code 18)',
  )
  await expect(ddmq('delay', 'cancel', 'orders', ID)).rejects.toThrow('not cancelled: code18 (code 18)')
  await expect(ddmq('delay', 'cancel', 'later', 'no-id')).rejects.toThrow('(code 30)')
  expect(proxy.delays).toHaveLength(2)
})

test('a message or cancel that may be stored all the same is not called refused, and has its id', async () => {
  const { proxy, ddmq } = await startServers()
  const attempts = [12, 12, 12]
  proxy.codes.push(...attempts, ...attempts)

  await expect(ddmq('delay', 'send', 'later', 'x', '--after', '5s')).rejects.toThrow(
    /^not acknowledged: code12; .* \(code 12\); .*ddmq delay cancel later the-id$/,
  )
  await expect(ddmq('delay', 'cancel', 'later', ID)).rejects.toThrow(
    /^not acknowledged: code12; .* \(code 12\)$/,
  )
  expect(proxy.delays).toHaveLength(6)
})

test('delay cancel sends a cancel of the id', async () => {
  const { proxy, ddmq } = await startServers()

  const { stdout } = await ddmq('delay', 'cancel', 'later', ID)

  expect(stdout).toBe(`cancelled in later, unless it was delivered: ${ID}\n`)
  expect(proxy.delays).toMatchObject([{ action: 2, topic: 'later', uniqDelayMsgId: ID, tags: undefined }])
})

test.each([
  [['pause', 'later'], { paused: true }, 'paused later\n'],
  [['resume', 'later'], { paused: false }, 'resumed later\n'],
  [['misfire', 'later', 'latest'], { misfire: 'latest' }, 'of several missed rounds of later: latest\n'],
])('delay %j changes the topic by %j', async (words, settings, text) => {
  const { console, ddmq } = await startServers({ 'PUT /topics/later/delay': TOPIC })

  const { stdout } = await ddmq('delay', ...words)

  expect(console.calls).toEqual([['PUT /topics/later/delay', settings]])
  expect(stdout).toBe(text)
})

const PENDING = {
  found: true,
  cluster: 'R_default',
  shard: '2',
  role: 'owner',
  round: 1,
  dueMs: Date.UTC(2026, 11, 24, 18, 0, 0, 250),
  bytes: 210,
  cancelledFromRound: null,
  asideReason: null,
  problems: [],
}

test('delay show tells when a message is due, and why it waits', async () => {
  const path = `GET /delay/messages/later/${ID}`
  const { ddmq } = await startServers({
    [path]: PENDING,
    [path.replace('later', 'paused')]: { ...PENDING, cancelledFromRound: 2, asideReason: 'paused' },
  })

  const plain = await ddmq('delay', 'show', 'later', ID)
  const waiting = await ddmq('delay', 'show', 'paused', ID)
  const machine = await ddmq('delay', 'show', 'later', ID, '--json')

  const due = 'due 2026-12-24T18:00:00.250Z, round 1, 210 bytes, shard R_default/2\n'
  expect(plain.stdout).toBe(due)
  expect(waiting.stdout).toBe(`${due}cancelled from round 2 on\nwaits: paused\n`)
  expect(JSON.parse(machine.stdout)).toMatchObject({ topic: 'later', id: ID, round: 1, shard: '2' })
})

test('delay show fails for what is not there', async () => {
  const { ddmq } = await startServers({
    [`GET /delay/messages/later/${ID}`]: { found: false, problems: [] },
  })

  await expect(ddmq('delay', 'show', 'later', ID)).rejects.toThrow(`nothing of ${ID} waits in later`)
  await expect(ddmq('delay', 'show', 'other', ID)).rejects.toThrow('no GET /delay/messages/other/')
})

function shard(number: string, counts: readonly number[], fromMs: number, topics: readonly object[] = []) {
  return {
    cluster: 'R_default',
    table: 'inner_table',
    shard: number,
    owner: 'chronos-1',
    standbys: [{ instance: 'chronos-2', lag: 0 }],
    pending: 7,
    bytes: 1400,
    lag: 0,
    oldestDueMs: number === '0' ? Date.UTC(2026, 11, 24, 18) : null,
    cancels: 0,
    fired: 0,
    topics,
    histogram: { fromMs, stepMs: 60_000, counts, isCut: number === '1' },
  }
}

test('delay stats shows shards, topics and when messages are due; problems apart', async () => {
  const noonMs = Date.UTC(2026, 11, 24, 12)
  const aside = [{ topic: 'later', pending: 7, bytes: 1400, asideReason: 'paused' }]
  const stats = {
    instances: [{ url: 'http://10.0.0.7:9614', instance: 'chronos-1' }],
    shards: [shard('0', [3, 0, 1], noonMs), shard('1', [2, 0, 0], noonMs + 1), shard('2', [], noonMs, aside)],
    topics: [{ topic: 'later', pending: 14, bytes: 2800, asideReasons: ['paused'] }],
    problems: ['shard R_default/inner_table/2 has no owner among the instances that answered'],
  }
  const { ddmq } = await startServers({ 'GET /delay/stats': stats })

  const people = await ddmq('delay', 'stats')
  const machine = await ddmq('delay', 'stats', '--json')

  expect(people.stdout).toBe(
    [
      'TABLE                  SHARD  OWNER      STANDBYS   PENDING  BYTES  LAG  OLDEST DUE',
      'R_default/inner_table  0      chronos-1  chronos-2  7        1400   0    2026-12-24T18:00:00.000Z',
      'R_default/inner_table  1      chronos-1  chronos-2  7        1400   0    -',
      'R_default/inner_table  2      chronos-1  chronos-2  7        1400   0    paused',
      'TOPIC  PENDING  BYTES  WAITS',
      'later  14       2800   paused',
      'DUE FROM                  MESSAGES',
      '2026-12-24T12:00:00.000Z  5',
      '2026-12-24T12:02:00.000Z  1',
      '',
    ].join('\n'),
  )
  expect(people.stderr).toBe(
    `${stats.problems[0]}\nonly the earliest messages of R_default/1 are counted by time\n`,
  )
  expect(JSON.parse(machine.stdout)).toMatchObject({ topics: stats.topics, problems: stats.problems })
})

test('topic show says of a topic that it is one of delayed messages, and how they are treated', async () => {
  const detail = { ...TOPIC, offsets: [], groups: ['cg'] }
  const delay = { misfire: 'latest', paused: true }
  const { ddmq } = await startServers({
    'GET /topics/orders': { ...detail, topic: 'orders' },
    'GET /topics/later': { ...detail, delay: { ...delay, paused: false } },
    'GET /topics/paused': { ...detail, topic: 'paused', delay },
  })

  const textOf = async (topic: string) => (await ddmq('topic', 'show', topic)).stdout
  expect(await textOf('orders')).toBe('no partitions\nsubscribed: cg\n')
  const later = 'delayed: of several missed rounds: latest\nsubscribed: cg\n'
  expect(await textOf('later')).toBe(`no partitions\n${later}`)
  expect(await textOf('paused')).toContain('delayed: paused, of several missed rounds: latest\n')
  const machine = await ddmq('topic', 'show', 'paused', '--json')
  expect(JSON.parse(machine.stdout)).toMatchObject({ topic: 'paused', delay })
})

test('delay stats of a cluster without delayed messages says what to do', async () => {
  const stats = { instances: [], shards: [], topics: [], problems: [] }
  const { ddmq } = await startServers({ 'GET /delay/stats': stats })

  expect((await ddmq('delay', 'stats')).stdout).toBe('no shards: ddmq topic create <topic> --delay\n')
})
