import type { EmbeddedCluster } from '@ddmq/storage/embedded'
import { eventually, tempDir } from '@ddmq/testkit'
import { describe, expect, test } from 'vitest'
import { CONSOLE, groupBody, OPERATOR, OWN, topicBody } from './support/bodies.ts'
import { type ConsoleRun, startConsole } from './support/console-run.ts'
import { TestClusters } from './support/test-clusters.ts'

const PROXY = '127.0.0.1:9613'
const CONSUMER = '127.0.0.1:9713'
/** Begins as the default one does, with the separator of a qid inside. */
const SECOND = { name: 'R_default_1', engine: 'kafka', bootstrapServers: ['kafka-1:9092', 'kafka-2:9092'] }

async function withSecond(
  work: (run: ConsoleRun, clusters: TestClusters, second: EmbeddedCluster) => Promise<void>,
): Promise<void> {
  await using dir = await tempDir()
  await using clusters = new TestClusters(dir.path)
  const cluster = await clusters.add('R_default')
  const second = await clusters.add(SECOND.name, 'kafka-1:9092')
  await using run = await startConsole(dir.path, {}, undefined, { cluster, connector: clusters })
  await work(run, clusters, second)
}

async function append(cluster: EmbeddedCluster, ...values: string[]): Promise<void> {
  const records = values.map(value => ({
    key: null,
    value: Buffer.from(value),
    headers: [],
    timestampMs: 1000,
  }))
  await cluster.append([{ topic: 'orders', partition: '0', records }], { deadlineMs: 5000 })
}

async function committed(cluster: EmbeddedCluster): Promise<number[]> {
  return (await cluster.admin.committed('cg_a', 'orders')).map(at => at.offset)
}

describe('broker clusters', () => {
  test('a Kafka cluster is created, told to every proxy with its addresses, moved, and deleted', () =>
    withSecond(async (run, clusters) => {
      const created = await run.post(`${OWN}/broker-clusters`, SECOND)
      expect(created.body?.['data']).toEqual({
        ...SECOND,
        clusters: ['ddmq'],
        topics: 0,
        connected: true,
      })
      expect(await run.document('pproxy', PROXY)).toMatchObject({
        brokerClusters: ['R_default', SECOND.name],
        carreraConfiguration: {
          useKafka: true,
          kafkaProducers: 1,
          kafkaConfigurationMap: {
            [SECOND.name]: { bootstrapServers: SECOND.bootstrapServers, acks: 'all' },
          },
          embeddedConfigurationMap: { R_default: { clusterName: 'R_default' } },
        },
      })
      expect(await run.document('cproxy', CONSUMER)).toMatchObject({
        brokerClusters: ['R_default', SECOND.name],
        kafkaConfigs: {
          [SECOND.name]: { clusterName: SECOND.name, bootstrapServers: SECOND.bootstrapServers },
        },
        embeddedConfigs: { R_default: { clusterName: 'R_default' } },
      })
      expect(await run.document('broker', SECOND.name)).toMatchObject({
        brokerClusterAddrs: 'kafka-1:9092,kafka-2:9092',
        pproxies: { P_ddmq: [PROXY] },
      })

      await clusters.add(SECOND.name, 'kafka-9:9092')
      const bootstrapServers = ['kafka-9:9092']
      const moved = await run.call('PUT', `${OWN}/broker-clusters/${SECOND.name}`, { bootstrapServers })
      expect(moved.body?.['data']).toMatchObject({ bootstrapServers, connected: true })
      expect(await run.document('pproxy', PROXY)).toMatchObject({
        carreraConfiguration: { kafkaConfigurationMap: { [SECOND.name]: { bootstrapServers } } },
      })

      const deleted = await run.call('DELETE', `${OWN}/broker-clusters/${SECOND.name}`)
      expect(deleted.body?.['errno']).toBe(0)
      const document = await run.document('pproxy', PROXY)
      expect(document).toMatchObject({
        brokerClusters: ['R_default'],
        carreraConfiguration: { useKafka: false },
      })
      expect(JSON.stringify(document)).not.toContain('kafkaConfigurationMap')
      expect(await run.document('broker', SECOND.name)).toBeUndefined()
      expect((await run.get(`${OWN}/broker-clusters`)).body?.['data']).toMatchObject([{ name: 'R_default' }])
      expect(run.problems()).toEqual([])
    }))

  test('one that does not answer is stored and told to the proxies, and shown with its address until it does', () =>
    withSecond(async (run, clusters) => {
      clusters.refuse('kafka-1:9092')
      const reason = `broker cluster ${SECOND.name} at kafka-1:9092 is not connected: connection refused`
      const created = await run.post(`${OWN}/broker-clusters`, SECOND)
      expect(created.body?.['data']).toMatchObject({ connected: false, problem: reason })
      expect(run.problems()).toEqual([reason])
      const refused = await run.post(`${OWN}/topics`, { topic: 'orders', brokerClusters: [SECOND.name] })
      expect(refused.body?.['errmsg']).toContain(reason)
      expect((await run.post(`${OWN}/topics`, { topic: 'bills' })).body?.['errno']).toBe(0)
      clusters.refuse('kafka-1:9092', false)
      await eventually(() => expect(run.problems()).toEqual([]))
    }))

  test.each([
    [{ ...SECOND, name: 'a b' }, 'name: must be 1 to 128'],
    [{ ...SECOND, name: 'R_default' }, 'name: broker cluster R_default exists'],
    [{ ...SECOND, bootstrapServers: [] }, 'bootstrapServers: a Kafka cluster needs'],
    [{ ...SECOND, bootstrapServers: ['kafka-1'] }, 'bootstrapServers: kafka-1 is not host:port'],
    [{ name: 'other', engine: 'embedded' }, 'this process has no engine for other'],
    [{ name: 'other', engine: 'rocketmq' }, 'engine'],
  ])('%o is refused: %s', (body, problem) =>
    withSecond(async run => {
      const answer = await run.post(`${OWN}/broker-clusters`, body)
      expect(answer.status).toBe(400)
      expect(answer.body?.['errmsg']).toContain(problem)
    }),
  )

  test('one with topics, or the one of the configuration, is not deleted', () =>
    withSecond(async run => {
      await run.post(`${OWN}/broker-clusters`, SECOND)
      await run.post(`${OWN}/topics`, { topic: 'orders', brokerClusters: [SECOND.name] })
      const inUse = await run.call('DELETE', `${OWN}/broker-clusters/${SECOND.name}`)
      const own = await run.call('DELETE', `${OWN}/broker-clusters/R_default`)
      const unknown = await run.call('DELETE', `${OWN}/broker-clusters/nothing`)
      expect(inUse.body?.['errmsg']).toContain('has 1 topics (orders)')
      expect(own.body?.['errmsg']).toContain("is the one of the console's configuration")
      expect(unknown.status).toBe(404)
    }))
})

describe('a topic on two broker clusters', () => {
  test('CO-13 is created in both, and its document has a unit for each, with the same proxies', () =>
    withSecond(async (run, _, second) => {
      await run.post(`${OWN}/broker-clusters`, SECOND)
      const brokerClusters = ['R_default', SECOND.name]
      const created = await run.post(`${OWN}/topics`, { topic: 'orders', partitions: 2, brokerClusters })
      expect(created.body?.['data']).toEqual({ topic: 'orders', partitions: 4, brokerClusters })
      expect(second.partitions('orders')).toEqual(['0', '1'])
      const unit = { proxies: { P_ddmq: [PROXY] } }
      expect(await run.document('topic', 'orders')).toMatchObject({
        topicUnits: brokerClusters.map(brokerCluster => ({ ...unit, brokerCluster })),
      })
      const twice = [SECOND.name, SECOND.name]
      const repeated = await run.post(`${OWN}/topics`, { topic: 'bills', brokerClusters: twice })
      expect(repeated.body?.['errmsg']).toContain('repeated')
    }))

  test('CO-11 the original route still takes a cluster once', () =>
    withSecond(async run => {
      await run.post(`${OWN}/broker-clusters`, SECOND)
      const body = topicBody('orders')
      const [conf] = body.conf
      const twice = { ...body, conf: [conf, { ...conf, mqServerId: 2, serverIdcId: 9 }] }
      const answer = await run.post(`${OPERATOR}/createTopic`, twice)
      expect([answer.body?.['errno'], answer.body?.['errmsg']]).toEqual([
        400,
        expect.stringContaining('repeated'),
      ])
    }))

  test('is subscribed in both, shown in both, tailed from both, and reset by qid in the right one', () =>
    withSecond(async (run, _, second) => {
      await run.post(`${OWN}/broker-clusters`, SECOND)
      const brokerClusters = ['R_default', SECOND.name]
      await run.post(`${OWN}/topics`, { topic: 'orders', partitions: 1, brokerClusters })
      await run.post(`${CONSOLE}/group/create`, groupBody('cg_a'))
      await run.post(`${OWN}/subscriptions`, { group: 'cg_a', topic: 'orders', from: 'earliest' })
      expect(await run.document('group', 'cg_a')).toMatchObject({
        topics: brokerClusters.map(brokerCluster => ({ brokerCluster, topic: 'orders', enabled: true })),
      })
      await append(run.cluster, 'a')
      await append(second, 'b', 'c')

      const stats = await run.get(`${OWN}/stats`)
      const row = { group: 'cg_a', topic: 'orders', partition: '0', committedOffset: 0 }
      expect(stats.body?.['data']).toMatchObject({
        groups: [
          { ...row, brokerCluster: 'R_default', endOffset: 1, lag: 1 },
          { ...row, brokerCluster: SECOND.name, endOffset: 2, lag: 2 },
        ],
        problems: [],
      })
      const tail = await run.get(`${OWN}/topics/orders/tail?from=earliest&max=3`)
      const bodies = tail.text
        .trim()
        .split('\n')
        .map(line => JSON.parse(line))
        .map(({ brokerCluster, body }) => `${brokerCluster} ${body}`)
      expect(bodies.toSorted()).toEqual(['R_default a', 'R_default_1 b', 'R_default_1 c'])
      const one = await run.get(`${OWN}/topics/orders/tail?from=earliest&max=1&partition=R_default_1_0`)
      expect(JSON.parse(one.text)).toMatchObject({ brokerCluster: SECOND.name, body: 'b' })

      await run.post(`${OWN}/subscriptions/disable`, { group: 'cg_a', topic: 'orders' })
      const ids = 'user=ann&groupId=1&topicId=1&clusterId=1'
      const reset = `${CONSOLE}/group/resetOffset`
      const moved = await run.get(`${reset}?${ids}&resetType=3&qid=R_default_1_0&offset=1`)
      const wrong = await run.get(`${reset}?${ids}&resetType=3&qid=0&offset=1`)
      expect([moved.body?.['errno'], wrong.body?.['errmsg']]).toEqual([
        0,
        expect.stringContaining('no queue'),
      ])
      expect([await committed(run.cluster), await committed(second)]).toEqual([[0], [1]])
      await run.get(`${reset}?${ids}&resetType=1`)
      expect([await committed(run.cluster), await committed(second)]).toEqual([[1], [2]])
    }))

  test('is added to a broker cluster later, with the positions of its groups, and taken out of it again', () =>
    withSecond(async (run, _, second) => {
      await run.post(`${OWN}/broker-clusters`, SECOND)
      await run.post(`${OWN}/topics`, { topic: 'orders', partitions: 3 })
      await run.post(`${OWN}/groups`, { group: 'cg_a' })
      await run.post(`${OWN}/subscriptions`, { group: 'cg_a', topic: 'orders' })
      // Somebody else's messages from before: the group began at the end.
      await second.admin.createTopic({ topic: 'orders', partitions: 1 })
      await append(second, 'old')
      const path = `${OWN}/topics/orders/broker-clusters`

      const added = await run.post(path, { brokerCluster: SECOND.name })
      expect(added.body?.['data']).toMatchObject({
        partitions: 4,
        brokerClusters: ['R_default', SECOND.name],
      })
      expect((await second.admin.committed('cg_a', 'orders')).map(at => at.offset)).toEqual([1])
      expect(await run.document('group', 'cg_a')).toMatchObject({
        topics: [{ brokerCluster: 'R_default' }, { brokerCluster: SECOND.name }],
      })
      const again = await run.post(path, { brokerCluster: SECOND.name })
      expect(again.body?.['errmsg']).toContain('already')

      await append(second, 'new')
      const early = await run.call('DELETE', `${path}/${SECOND.name}`)
      expect(early.body?.['errmsg']).toContain('group cg_a has 1 messages of orders to consume')
      const removed = await run.call('DELETE', `${path}/${SECOND.name}?force=true`)
      expect(removed.body?.['data']).toMatchObject({ brokerClusters: ['R_default'] })
      expect(await run.document('topic', 'orders')).toMatchObject({
        topicUnits: [{ brokerCluster: 'R_default' }],
      })
      expect(await run.document('topic', 'orders')).toHaveProperty('topicUnits.length', 1)
      expect(await run.document('group', 'cg_a')).toHaveProperty('topics.length', 1)
      const last = await run.call('DELETE', `${path}/R_default`)
      expect(last.body?.['errmsg']).toContain('the only one of topic orders')
    }))

  test('is shown by what answers while one of its broker clusters does not', () =>
    withSecond(async (run, clusters) => {
      await run.post(`${OWN}/broker-clusters`, SECOND)
      const brokerClusters = ['R_default', SECOND.name]
      await run.post(`${OWN}/topics`, { topic: 'orders', partitions: 1, brokerClusters })
      await run.post(`${OWN}/groups`, { group: 'cg_a' })
      await run.post(`${OWN}/subscriptions`, { group: 'cg_a', topic: 'orders' })
      clusters.refuse('kafka-1:9092')
      await run.call('PUT', `${OWN}/broker-clusters/${SECOND.name}`, {
        bootstrapServers: ['kafka-1:9092', 'x:1'],
      })
      // The old connection would go on; a console that starts now has none.
      await run.stop()
      await using later = await startConsole(run.dir, {}, undefined, {
        cluster: run.cluster,
        connector: clusters,
      })
      const stats = await later.get(`${OWN}/stats`)
      expect(stats.body?.['data']).toMatchObject({
        groups: [{ brokerCluster: 'R_default' }],
        problems: [expect.stringContaining(`broker cluster ${SECOND.name} at kafka-1:9092 is not connected`)],
      })
      const shown = await later.get(`${OWN}/topics/orders`)
      expect(shown.body?.['data']).toMatchObject({ partitions: 1, brokerClusters })
    }))
})
