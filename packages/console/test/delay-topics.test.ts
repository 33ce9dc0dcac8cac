import type { EmbeddedCluster } from '@ddmq/storage/embedded'
import { tempDir } from '@ddmq/testkit'
import { describe, expect, test } from 'vitest'
import { delayTable, delayTableProblems, innerTopicPrefixes } from '../src/core/delay-table.ts'
import { OPERATOR, OWN, topicBody } from './support/bodies.ts'
import { type ConsoleRun, startConsole } from './support/console-run.ts'
import { inventoryWith } from './support/inventory.ts'
import { TestClusters } from './support/test-clusters.ts'

const TABLE = 'R_test_chronos_inner_table'
const SECOND = { name: 'R_second', engine: 'kafka', bootstrapServers: ['kafka-1:9092'] }

async function withSecond(work: (run: ConsoleRun, second: EmbeddedCluster) => Promise<void>): Promise<void> {
  await using dir = await tempDir()
  await using clusters = new TestClusters(dir.path)
  const cluster = await clusters.add('R_default')
  const second = await clusters.add(SECOND.name, 'kafka-1:9092')
  await using run = await startConsole(dir.path, {}, undefined, { cluster, connector: clusters })
  await run.post(`${OWN}/broker-clusters`, SECOND)
  await work(run, second)
}

function inventoryDelaying(delay: object) {
  return inventoryWith({
    relations: [
      { clusterId: 1, mqServerId: 1, kind: 'cproxy', proxyConf: { delay: {} } },
      { clusterId: 1, mqServerId: 1, kind: 'pproxy', proxyConf: {} },
      { clusterId: 1, mqServerId: 1, kind: 'pproxy', proxyConf: { delay } },
    ],
  })
}

describe('delay topics', () => {
  test('CO-16 one made by the original route says so in its document, and the table is in its broker cluster', async () => {
    await using dir = await tempDir()
    await using run = await startConsole(dir.path)

    const created = await run.post(`${OPERATOR}/createTopic`, topicBody('later', { delayTopic: 0 }))

    expect(created.body).toMatchObject({ errno: 0, errmsg: 'SUCCESS' })
    const document = await run.document('topic', 'later')
    expect(document).toMatchObject({ topic: 'later', delayTopic: true })
    expect(document).not.toHaveProperty('delay')
    const proxy = await run.document('pproxy', '127.0.0.1:9613')
    expect(proxy).toMatchObject({ topics: ['later'], carreraConfiguration: { delay: { innerTopicNum: 4 } } })
    expect(await run.cluster.admin.describeTopic(TABLE)).toMatchObject({ partitions: 4, compacted: true })
  })

  test('CO-16 one made by our own route, beside topics that are none', async () => {
    await using dir = await tempDir()
    await using run = await startConsole(dir.path)

    await run.post(`${OWN}/topics`, { topic: 'orders', delayTopic: false })
    expect(await run.cluster.admin.listTopics()).toEqual(['orders'])
    const created = await run.post(`${OWN}/topics`, { topic: 'later', partitions: 2, delayTopic: true })

    const delay = { misfire: 'all', paused: false }
    expect(created.body?.['data']).toEqual({
      topic: 'later',
      partitions: 2,
      brokerClusters: ['R_default'],
      delay,
    })
    expect(await run.document('topic', 'later')).toMatchObject({ delayTopic: true })
    expect(await run.document('topic', 'orders')).toMatchObject({ delayTopic: false })
    expect((await run.get(`${OWN}/topics`)).body?.['data']).toMatchObject([
      { topic: 'orders' },
      { topic: 'later', delay },
    ])
    expect((await run.post(`${OWN}/topics`, { topic: 'odd', delayTopic: 0 })).body?.['errmsg']).toBe(
      'delayTopic: must be true or false',
    )
  })

  test('a table that is there already is adopted with its partitions', async () => {
    await using dir = await tempDir()
    await using run = await startConsole(dir.path)
    await run.cluster.admin.createTopic({ topic: TABLE, partitions: 7, compacted: true, appendTime: true })

    const answers = await Promise.all(
      ['later', 'evening'].map(topic => run.post(`${OWN}/topics`, { topic, delayTopic: true })),
    )

    expect(answers.map(answer => answer.body?.['errno'])).toEqual([0, 0])
    expect(await run.cluster.admin.describeTopic(TABLE)).toMatchObject({ partitions: 7 })
  })

  test('a topic in the place of the table that is not compacted is refused by name, and nothing is made', async () => {
    await using dir = await tempDir()
    await using run = await startConsole(dir.path)
    await run.cluster.admin.createTopic({ topic: TABLE, partitions: 4 })

    const refused = await run.post(`${OWN}/topics`, { topic: 'later', delayTopic: true })

    expect(refused.status).toBe(400)
    expect(refused.body?.['errmsg']).toContain(
      `delayTopic: topic ${TABLE} of broker cluster R_default cannot hold delayed messages: it is not compacted`,
    )
    expect(await run.cluster.admin.listTopics()).toEqual([TABLE])
    expect((await run.get(`${OWN}/topics`)).body?.['data']).toEqual([])
    expect(await run.registry.list('topic')).toEqual([])
  })

  test('a topic in the place of the table that has the times of senders is refused by that', () => {
    const described = {
      topic: TABLE,
      topicId: 'x',
      partitions: 4,
      partitionIds: ['0', '1', '2', '3'],
      deletes: false,
    }

    expect(delayTableProblems({ ...described, compacted: true, appendTime: true })).toEqual([])
    expect(delayTableProblems({ ...described, compacted: true, appendTime: false })).toEqual([
      expect.stringContaining('LogAppendTime'),
    ])
    expect(delayTableProblems({ ...described, compacted: false, appendTime: false })).toHaveLength(2)
    expect(delayTableProblems({ ...described, compacted: true, deletes: true, appendTime: true })).toEqual([
      expect.stringContaining('cleanup.policy=compact alone'),
    ])
  })

  test('one on two broker clusters has the table in both; added to another one later, it is made there first', () =>
    withSecond(async (run, second) => {
      const both = { topic: 'later', delayTopic: true, brokerClusters: ['R_default', SECOND.name] }
      await second.admin.createTopic({ topic: TABLE, partitions: 1 })
      const refused = await run.post(`${OWN}/topics`, both)
      expect(refused.body?.['errmsg']).toContain(`${TABLE} of broker cluster ${SECOND.name}`)
      expect(await run.cluster.admin.listTopics()).not.toContain('later')

      await run.post(`${OWN}/topics`, { topic: 'later', delayTopic: true })
      const place = { brokerCluster: SECOND.name }
      const notYet = await run.post(`${OWN}/topics/later/broker-clusters`, place)
      expect(notYet.body?.['errmsg']).toContain(`${TABLE} of broker cluster ${SECOND.name}`)
      expect(await second.admin.listTopics()).toEqual([TABLE])

      await second.admin.deleteTopic(TABLE)
      const added = await run.post(`${OWN}/topics/later/broker-clusters`, place)
      expect(added.body?.['data']).toMatchObject({ brokerClusters: both.brokerClusters })
      expect(await second.admin.describeTopic(TABLE)).toMatchObject({ partitions: 4, compacted: true })
      await run.post(`${OWN}/topics`, { ...both, topic: 'evening' })
      expect(await run.document('topic', 'evening')).toMatchObject({
        delayTopic: true,
        topicUnits: both.brokerClusters.map(brokerCluster => ({ brokerCluster })),
      })
    }))

  test('prefix and number of shards are those of the producer proxies of the cluster; the prefix is reserved', () => {
    const named = inventoryDelaying({ chronosInnerTopicPrefix: 'inner_', innerTopicNum: 9 })

    expect(delayTable(named, 1)).toEqual({
      topic: 'inner_table',
      partitions: 9,
      compacted: true,
      appendTime: true,
    })
    expect(innerTopicPrefixes(named)).toEqual(['R_test_chronos_inner_', 'inner_'])
    for (const delay of [
      {},
      { chronosInnerTopicPrefix: '', innerTopicNum: 1 },
      { chronosInnerTopicPrefix: 'inner_', innerTopicNum: 0 },
    ]) {
      expect(() => delayTable(inventoryDelaying(delay), 1)).toThrow(/^delayTopic: .* of cluster ddmq$/)
    }
    expect(innerTopicPrefixes(inventoryWith())).toEqual(['R_test_chronos_inner_'])
  })
})

describe('settings of delay topics', () => {
  test('are stored, shown, and in the document where they are not the defaults', async () => {
    await using dir = await tempDir()
    {
      await using run = await startConsole(dir.path)
      await run.post(`${OWN}/topics`, { topic: 'later', delayTopic: true })
      const path = `${OWN}/topics/later/delay`

      const paused = await run.call('PUT', path, { paused: true })
      expect(paused.body?.['data']).toMatchObject({
        topic: 'later',
        delay: { misfire: 'all', paused: true },
      })
      expect(await run.document('topic', 'later')).toMatchObject({ delay: { misfire: 'all', paused: true } })
      await run.call('PUT', path, { misfire: 'latest' })
      await run.call('PUT', path, { paused: false })
    }

    await using run = await startConsole(dir.path)
    const delay = { misfire: 'latest', paused: false }
    expect((await run.get(`${OWN}/topics/later`)).body?.['data']).toMatchObject({ delay })
    expect(await run.document('topic', 'later')).toMatchObject({ delay, delayTopic: true })
    await run.call('PUT', `${OWN}/topics/later/delay`, { misfire: 'all' })
    expect(await run.document('topic', 'later')).not.toHaveProperty('delay')
  })

  test('are refused for other topics, and where they are not settings', async () => {
    await using dir = await tempDir()
    await using run = await startConsole(dir.path)
    await run.post(`${OWN}/topics`, { topic: 'orders' })
    await run.post(`${OWN}/topics`, { topic: 'later', delayTopic: true })
    const put = async (topic: string, body: object) => {
      const { status, body: answer } = await run.call('PUT', `${OWN}/topics/${topic}/delay`, body)
      return [status, answer?.['errmsg']]
    }

    expect(await put('orders', { paused: true })).toEqual([400, 'topic orders is no delay topic'])
    expect(await put('nothing', { paused: true })).toEqual([404, 'topic nothing does not exist'])
    expect(await put('later', {})).toEqual([400, 'body: must have misfire or paused'])
    expect(await put('later', { misfire: 'none' })).toEqual([
      400,
      'misfire: must be one of all, latest, skip',
    ])
    expect(await put('later', { delayTopic: false })).toEqual([
      400,
      expect.stringContaining('has no member delayTopic'),
    ])
    expect(await run.document('topic', 'orders')).not.toHaveProperty('delay')
  })
})
