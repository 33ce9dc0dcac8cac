import { formatDelayId, parseDelayId } from '@ddmq/common/delay'
import type { LogCluster } from '@ddmq/storage'
import { cancelledUntilMs, parseTableKey, RETRY_WINDOW_MS } from '@ddmq/storage/delay'
import type { EmbeddedCluster } from '@ddmq/storage/embedded'
import { freePort, tempDir } from '@ddmq/testkit'
import { describe, expect, test } from 'vitest'
import { OWN } from './support/bodies.ts'
import { type ConsoleRun, startConsole } from './support/console-run.ts'
import { pendingOf, shardReport, startDelayInstance } from './support/delay-instance.ts'
import { TestClusters } from './support/test-clusters.ts'

const TABLE = 'R_test_chronos_inner_table'
const UUID = '01234567-89ab-4def-8123-456789abcdef'
const ONCE = `1900000000-2-1900000060-0-0-0-3-${UUID}`
/** The third of ten rounds, one every minute. */
const LOOP = `1900000120-3-1990000000-10-2-60-1-${UUID}`

async function tableRecords(cluster: LogCluster, partition: string) {
  const [result] = await cluster.read(
    [{ topic: TABLE, partition, offset: 0 }],
    { maxBytes: 1_000_000, maxWaitMs: 0 },
    { deadlineMs: 5000 },
  )
  return result?.records ?? []
}

async function makeDelayTopic(run: ConsoleRun, topic = 'later'): Promise<void> {
  expect((await run.post(`${OWN}/topics`, { topic, delayTopic: true })).body?.['errno']).toBe(0)
}

describe('statistics of the delay service', () => {
  test('each shard counts once, as its owner says, and topics are summed over the shards', async () => {
    await using dir = await tempDir()
    const histogram = { fromMs: 1000, stepMs: 60_000, counts: [2, 1], isCut: true }
    await using one = await startDelayInstance({
      '/delay/stats': {
        instance: 'a:9614',
        shards: [
          shardReport('0', 'owner', {
            pending: 3,
            bytes: 30,
            fired: 7,
            oldestDueMs: 5,
            topics: [pendingOf('later', 2), pendingOf('bills', 1, 'paused')],
            histogram,
          }),
          shardReport('1', 'owner', { pending: 4, topics: [pendingOf('later', 4, 'rate')] }),
          shardReport('2', 'standby', { pending: 900, lag: 12, topics: [pendingOf('later', 900)] }),
        ],
      },
    })
    await using two = await startDelayInstance({
      '/delay/stats': {
        instance: 'b:9614',
        shards: [
          shardReport('0', 'standby', { pending: 800, topics: [pendingOf('later', 800)] }),
          shardReport('2', 'owner', { pending: 5, topics: [pendingOf('later', 5, 'rate')] }),
          shardReport('3', 'owner'),
        ],
      },
    })
    await using run = await startConsole(dir.path, { chronos: [one.url, `${two.url}/`] })
    await makeDelayTopic(run)

    const stats = (await run.get(`${OWN}/delay/stats`)).body?.['data']

    expect(stats).toMatchObject({
      shards: [
        {
          shard: '0',
          owner: 'a:9614',
          pending: 3,
          bytes: 30,
          fired: 7,
          oldestDueMs: 5,
          histogram,
          standbys: [{ instance: 'b:9614', lag: 0 }],
        },
        { shard: '1', owner: 'a:9614', standbys: [] },
        { shard: '2', owner: 'b:9614', pending: 5, standbys: [{ instance: 'a:9614', lag: 12 }] },
        { shard: '3', owner: 'b:9614' },
      ],
      instances: [
        { url: one.url, instance: 'a:9614' },
        { url: two.url, instance: 'b:9614' },
      ],
    })
    expect(stats.topics).toEqual([
      { topic: 'bills', pending: 1, bytes: 10, asideReasons: ['paused'] },
      { topic: 'later', pending: 11, bytes: 110, asideReasons: ['rate'] },
    ])
    expect(stats.problems).toEqual([])
  })

  test('instances that do not answer, or answer something else, are named, and so are shards without an owner', async () => {
    await using dir = await tempDir()
    await using one = await startDelayInstance({
      '/delay/stats': {
        instance: 'a:9614',
        shards: [shardReport('0', 'owner', { topics: [pendingOf('later', 2)] }), shardReport('1', 'standby')],
      },
    })
    await using silent = await startDelayInstance({ '/delay/stats': 'hang' })
    await using other = await startDelayInstance({ '/delay/stats': { ok: true } })
    await using lost = await startDelayInstance({})
    const gone = `http://127.0.0.1:${await freePort()}`
    const chronos = [one.url, silent.url, other.url, lost.url, gone]
    await using run = await startConsole(dir.path, { chronos })
    await makeDelayTopic(run)

    const answer = await run.get(`${OWN}/delay/stats`)

    expect(answer.body).toMatchObject({ errno: 0, errmsg: 'SUCCESS' })
    const { topics, instances, problems } = answer.body?.['data'] ?? {}
    expect(topics).toMatchObject([{ topic: 'later', pending: 2 }])
    expect(instances).toEqual(chronos.map(url => ({ url, instance: url === one.url ? 'a:9614' : null })))
    expect(problems).toEqual([
      expect.stringContaining(`delay service at ${silent.url} does not answer: `),
      expect.stringContaining(`delay service at ${other.url} answered what no delay service`),
      `delay service at ${lost.url} answered 404`,
      expect.stringContaining(`delay service at ${gone} does not answer: `),
      ...[1, 2, 3].map(
        shard => `shard R_default/${TABLE}/${shard} has no owner among the instances that answered`,
      ),
    ])
  })

  test('of two that believe to own a shard the one that has read further counts, and both are named', async () => {
    await using dir = await tempDir()
    const [behind, ahead] = [
      shardReport('0', 'owner', { pending: 9, lag: 40 }),
      shardReport('0', 'owner', { pending: 5, lag: 1 }),
    ]
    await using old = await startDelayInstance({ '/delay/stats': { instance: 'old', shards: [behind] } })
    await using now = await startDelayInstance({ '/delay/stats': { instance: 'now', shards: [ahead] } })
    await using run = await startConsole(dir.path, { chronos: [old.url, now.url] })

    expect((await run.get(`${OWN}/delay/stats`)).body?.['data']).toMatchObject({
      shards: [{ owner: 'now', pending: 5, standbys: [] }],
      problems: [`shard R_default/${TABLE}/0 has several owners: now, old`],
    })
  })

  test('a delay service with the table of another prefix owns no shard of this one', async () => {
    await using dir = await tempDir()
    const own = shardReport('0', 'owner', { pending: 2 })
    const others = ['0', '1'].map(shard => shardReport(shard, 'owner', { table: 'other_table', pending: 3 }))
    await using one = await startDelayInstance({
      '/delay/stats': { instance: 'a', shards: [own, shardReport('1', 'standby')] },
    })
    await using two = await startDelayInstance({ '/delay/stats': { instance: 'b', shards: others } })
    await using run = await startConsole(dir.path, { chronos: [one.url, two.url] })
    await run.post(`${OWN}/topics`, { topic: 'later', delayTopic: true })

    const { shards, problems } = (await run.get(`${OWN}/delay/stats`)).body?.['data'] ?? {}

    expect(shards).toMatchObject([
      { table: 'other_table', shard: '0', owner: 'b', pending: 3 },
      { table: 'other_table', shard: '1', owner: 'b' },
      { table: TABLE, shard: '0', owner: 'a', pending: 2 },
    ])
    expect(problems).toEqual(
      ['1', '2', '3'].map(
        shard => `shard R_default/${TABLE}/${shard} has no owner among the instances that answered`,
      ),
    )
  })

  test('a console that knows no delay service says so', async () => {
    await using dir = await tempDir()
    await using run = await startConsole(dir.path)

    expect((await run.get(`${OWN}/delay/stats`)).body?.['data']).toEqual({
      shards: [],
      topics: [],
      instances: [],
      problems: [expect.stringContaining('key `chronos`')],
    })
    expect((await run.bare(`${OWN}/delay/stats`)).status).toBe(401)
  })
})

describe('looking a delayed message up', () => {
  const path = `/delay/message?topic=later&id=${ONCE}`
  const owned = {
    found: true,
    cluster: 'R_default',
    shard: '3',
    role: 'owner',
    round: 0,
    dueMs: 1_900_000_000_000,
    bytes: 5,
    cancelledFromRound: null,
    asideReason: null,
  }

  test.each([
    ['that it is pending', owned, owned],
    ['that it is delivered', { found: false }, { found: false }],
  ])('the owner says %s, whatever a standby believes, which has not read so far', async (_, said, shown) => {
    await using dir = await tempDir()
    await using one = await startDelayInstance({
      [path]: { ...owned, role: 'standby', cancelledFromRound: 0 },
    })
    await using two = await startDelayInstance({ [path]: said })
    await using run = await startConsole(dir.path, { chronos: [one.url, two.url] })
    await makeDelayTopic(run)

    const found = await run.get(`${OWN}/delay/messages/later/${ONCE}`)

    expect(found.body?.['data']).toEqual({ ...shown, problems: [] })
  })

  test('while the owner does not answer, what a standby knows is shown with that', async () => {
    await using dir = await tempDir()
    await using one = await startDelayInstance({ [path]: { ...owned, role: 'standby' } })
    const gone = `http://127.0.0.1:${await freePort()}`
    await using run = await startConsole(dir.path, { chronos: [gone, one.url] })
    await makeDelayTopic(run)

    expect((await run.get(`${OWN}/delay/messages/later/${ONCE}`)).body?.['data']).toEqual({
      ...owned,
      role: 'standby',
      problems: [expect.stringContaining(gone)],
    })
  })

  test('an id that no message has and a topic that is none are refused', async () => {
    await using dir = await tempDir()
    await using one = await startDelayInstance({})
    await using run = await startConsole(dir.path, { chronos: [one.url] })
    await makeDelayTopic(run)
    const ask = async (rest: string) => {
      const { status, body } = await run.get(`${OWN}/delay/messages/${rest}`)
      return [status, body?.['errmsg']]
    }

    expect(await ask('later/soon')).toEqual([400, 'id: soon is not the id of a delayed message'])
    expect(await ask(`nothing/${ONCE}`)).toEqual([404, 'topic nothing does not exist'])
    expect(one.asked).toEqual([])
  })
})

describe('cancelling a delayed message', () => {
  test('stores a cancel from the named round on, under the name of the message, in its shard', async () => {
    await using dir = await tempDir()
    await using run = await startConsole(dir.path)
    await makeDelayTopic(run)

    const once = await run.post(`${OWN}/delay/cancel`, { topic: 'later', id: ONCE })
    const loop = await run.post(`${OWN}/delay/cancel`, { topic: 'later', id: LOOP })

    const brokerClusters = ['R_default']
    expect(once.body?.['data']).toEqual({ topic: 'later', id: ONCE, fromRound: 0, brokerClusters })
    expect(loop.body?.['data']).toEqual({ topic: 'later', id: LOOP, fromRound: 2, brokerClusters })
    const [ofOnce, ofLoop] = [await tableRecords(run.cluster, '3'), await tableRecords(run.cluster, '1')]
    const keyOf = ([record]: typeof ofOnce) => parseTableKey(record?.key ?? null)
    expect(keyOf(ofOnce)).toEqual({ kind: 'cancel', name: `later/${ONCE}`, round: 0 })
    const first = `1900000000-3-1990000000-10-0-60-1-${UUID}`
    expect(keyOf(ofLoop)).toEqual({ kind: 'cancel', name: `later/${first}`, round: 2 })
    const untilMs = ofLoop.map(record => cancelledUntilMs(record.value ?? Buffer.alloc(0)))
    expect(untilMs).toEqual([(1_900_000_000 + 9 * 60) * 1000 + 999 + RETRY_WINDOW_MS])
  })

  test('is stored in every broker cluster of the topic that has the shard', async () => {
    await using dir = await tempDir()
    await using clusters = new TestClusters(dir.path)
    const cluster = await clusters.add('R_default')
    const others: EmbeddedCluster[] = []
    for (const name of ['R_second', 'R_small']) others.push(await clusters.add(name, `${name}:9092`))
    const [second, small] = others
    await small?.admin.createTopic({ topic: TABLE, partitions: 2, compacted: true, appendTime: true })
    await using run = await startConsole(dir.path, {}, undefined, { cluster, connector: clusters })
    for (const name of ['R_second', 'R_small']) {
      await run.post(`${OWN}/broker-clusters`, { name, bootstrapServers: [`${name}:9092`] })
    }
    const brokerClusters = ['R_default', 'R_second', 'R_small']
    await run.post(`${OWN}/topics`, { topic: 'later', delayTopic: true, brokerClusters })

    const answer = await run.post(`${OWN}/delay/cancel`, { topic: 'later', id: ONCE })

    expect(answer.body?.['data']).toMatchObject({ brokerClusters: ['R_default', 'R_second'] })
    for (const having of [cluster, second]) {
      expect(having === undefined ? [] : await tableRecords(having, '3')).toHaveLength(1)
    }
    const everywhere = await run.post(`${OWN}/delay/cancel`, { topic: 'later', id: LOOP })
    expect(everywhere.body?.['data']).toMatchObject({ brokerClusters })
  })

  test('leaves out a broker cluster that has no table, as long as another one has it', async () => {
    await using dir = await tempDir()
    await using clusters = new TestClusters(dir.path)
    const cluster = await clusters.add('R_default')
    const bare = await clusters.add('R_bare', 'R_bare:9092')
    await using run = await startConsole(dir.path, {}, undefined, { cluster, connector: clusters })
    await run.post(`${OWN}/broker-clusters`, { name: 'R_bare', bootstrapServers: ['R_bare:9092'] })
    const brokerClusters = ['R_default', 'R_bare']
    await run.post(`${OWN}/topics`, { topic: 'later', delayTopic: true, brokerClusters })
    await bare.admin.deleteTopic(TABLE)

    const answer = await run.post(`${OWN}/delay/cancel`, { topic: 'later', id: ONCE })
    await cluster.admin.deleteTopic(TABLE)
    const nowhere = await run.post(`${OWN}/delay/cancel`, { topic: 'later', id: ONCE })

    expect(answer.body?.['data']).toMatchObject({ brokerClusters: ['R_default'] })
    expect(nowhere.status).toBeGreaterThanOrEqual(400)
    expect(nowhere.body?.['errmsg']).toContain(TABLE)
  })

  test('is stored in a shard that was added since the console learnt of the table', async () => {
    await using dir = await tempDir()
    await using clusters = new TestClusters(dir.path)
    const cluster = await clusters.add('R_default')
    // Another process adds partitions: this one remembers those there were.
    const remembering = new Proxy(cluster, {
      get: (real, name) => {
        if (name === 'partitions') return () => ['0', '1', '2', '3']
        const member: unknown = Reflect.get(real, name)
        return typeof member === 'function' ? member.bind(real) : member
      },
    })
    await using run = await startConsole(dir.path, {}, undefined, { cluster: remembering })
    await makeDelayTopic(run)
    await cluster.admin.setPartitionCount(TABLE, 6)

    const answer = await run.post(`${OWN}/delay/cancel`, { topic: 'later', id: id({ seq: 5 }) })
    const beyond = await run.post(`${OWN}/delay/cancel`, { topic: 'later', id: id({ seq: 6 }) })

    expect(answer.body?.['data']).toMatchObject({ brokerClusters: ['R_default'] })
    expect(await tableRecords(cluster, '5')).toHaveLength(1)
    expect(beyond.body?.['errmsg']).toContain('names shard 6; there is none')
  })

  const id = (change: object) => {
    const parts = parseDelayId(LOOP)
    if (typeof parts === 'string') throw new Error(parts)
    return formatDelayId({ ...parts, ...change })
  }

  test.each([
    ['later', 'x', 400, 'id: x is not the id of a delayed message'],
    ['later', ONCE.replace('-2-', '-5-'), 400, 'of a kind that is none of 2, 3 and 4'],
    ['later', id({ seq: 4 }), 400, 'names shard 4; there is none'],
    ['later', id({ timestamp: 1_000_000_000, timed: 900_000_000 }), 400, 'no delayed message has the id'],
    ['orders', LOOP, 400, 'topic orders is no delay topic'],
    ['nothing', LOOP, 404, 'topic nothing does not exist'],
  ])('of %s %s is refused with %i: %s', async (topic, wrong, status, problem) => {
    await using dir = await tempDir()
    await using run = await startConsole(dir.path)
    await makeDelayTopic(run)
    await run.post(`${OWN}/topics`, { topic: 'orders' })

    const answer = await run.post(`${OWN}/delay/cancel`, { topic, id: wrong })

    expect([answer.status, answer.body?.['errmsg']]).toEqual([status, expect.stringContaining(problem)])
    for (const shard of ['0', '1', '2', '3']) expect(await tableRecords(run.cluster, shard)).toEqual([])
  })

  test('numbers with leading zeros name the same message', async () => {
    await using dir = await tempDir()
    await using run = await startConsole(dir.path)
    await makeDelayTopic(run)

    await run.post(`${OWN}/delay/cancel`, { topic: 'later', id: LOOP })
    await run.post(`${OWN}/delay/cancel`, { topic: 'later', id: LOOP.replace('-10-2-', '-010-02-') })

    const records = await tableRecords(run.cluster, '1')
    expect(new Set(records.map(record => record.key?.toString())).size).toBe(1)
  })
})

function ownedShards(cluster: string, topics: readonly object[], lag = 0) {
  return ['0', '1', '2', '3'].map(shard => shardReport(shard, 'owner', { cluster, topics, lag }))
}

describe('taking a delay topic out of a broker cluster', () => {
  test('is refused while messages are pending there, or nobody knows, unless it is forced', async () => {
    await using dir = await tempDir()
    await using clusters = new TestClusters(dir.path)
    const cluster = await clusters.add('R_default')
    await clusters.add('R_second', 'second:9092')
    let pending = 3
    let lag = 0
    const replies = {
      get '/delay/stats'() {
        const waiting = pending > 0 ? [pendingOf('later', pending)] : []
        const shards = [
          ...ownedShards('R_default', [pendingOf('later', 9)], 7),
          ...ownedShards('R_second', waiting, lag),
        ]
        return pending < 0 ? undefined : { instance: 'a', shards }
      },
    }
    await using one = await startDelayInstance(replies)
    await using run = await startConsole(dir.path, { chronos: [one.url] }, undefined, {
      cluster,
      connector: clusters,
    })
    await run.post(`${OWN}/broker-clusters`, { name: 'R_second', bootstrapServers: ['second:9092'] })
    const brokerClusters = ['R_default', 'R_second']
    await run.post(`${OWN}/topics`, { topic: 'later', delayTopic: true, brokerClusters })
    const path = `${OWN}/topics/later/broker-clusters/R_second`

    const early = await run.call('DELETE', path)
    pending = -1
    const unknown = await run.call('DELETE', path)
    pending = 0
    lag = 5
    const unread = await run.call('DELETE', path)
    lag = 0
    const removed = await run.call('DELETE', path)

    expect(early.body?.['errmsg']).toContain(
      'topic later has 12 delayed messages to deliver in broker cluster R_second',
    )
    expect(unknown.body?.['errmsg']).toContain(`it is not known whether topic later has delayed messages`)
    expect(unread.body?.['errmsg']).toContain(
      'in broker cluster R_second: shard 0 has 5 records to read; shard 1 has 5',
    )
    expect(removed.body?.['data']).toMatchObject({ brokerClusters: ['R_default'] })
    pending = 3
    await run.post(`${OWN}/topics/later/broker-clusters`, { brokerCluster: 'R_second' })
    expect((await run.call('DELETE', `${path}?force=true`)).body?.['errno']).toBe(0)
  })
})
