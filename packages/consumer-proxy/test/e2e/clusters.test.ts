import { createLogger } from '@ddmq/common/log'
import type { CProxyConfig, UpstreamTopic } from '@ddmq/common/registry'
import { eventually, tempDir } from '@ddmq/testkit'
import { describe, expect, it } from 'vitest'
import { TestClusters } from './clusters-fixture.ts'
import { allOf, bodiesOf, type TestClient, TestProxy } from './proxy-fixture.ts'
import type { SilenceableCluster } from './silenceable-cluster.ts'

/** Names that begin each other, with the separator of a qid inside. */
const SHORT = 'A'
const LONG = 'A_1'

function embedded(...names: string[]): Partial<CProxyConfig> {
  return {
    brokerClusters: names,
    embeddedConfigs: Object.fromEntries(names.map(clusterName => [clusterName, { clusterName }])),
  }
}

/** The long name is a Kafka cluster at this address, beside the embedded short one. */
function kafkaAt(address: string): Partial<CProxyConfig> {
  const entry = {
    bootstrapServers: [address],
    autoCommitInterval: 1000,
    rebalanceMaxRetries: 8,
    partitionAssignmentStrategy: 'range' as const,
  }
  return { ...embedded(SHORT), brokerClusters: [SHORT, LONG], kafkaConfigs: { [LONG]: entry } }
}

class Run implements AsyncDisposable {
  readonly clusters: TestClusters
  readonly proxy: TestProxy
  readonly client: TestClient
  readonly #dir: AsyncDisposable

  private constructor(dir: AsyncDisposable, clusters: TestClusters, proxy: TestProxy, client: TestClient) {
    this.#dir = dir
    this.clusters = clusters
    this.proxy = proxy
    this.client = client
  }

  /** Both clusters have topic `t` with one partition. */
  static async start(): Promise<Run> {
    const dir = await tempDir()
    const clusters = new TestClusters(dir.path, createLogger({ level: 'silent', pretty: false }))
    for (const name of [SHORT, LONG]) await Run.#topicIn(await clusters.add(name))
    const proxy = await TestProxy.start(dir.path, { drainMs: 500 }, clusters)
    return new Run(dir, clusters, proxy, await proxy.connect())
  }

  static async #topicIn(cluster: SilenceableCluster): Promise<void> {
    await cluster.log.admin.createTopic({ topic: 't', partitions: 1 })
  }

  async addAt(address: string): Promise<void> {
    await Run.#topicIn(await this.clusters.add(LONG, address))
  }

  async node(changes: Partial<CProxyConfig>): Promise<void> {
    await this.proxy.writeNode({ groups: ['g'], ...changes })
  }

  /** Group `g` subscribes to `t` on these clusters. */
  async subscribe(names: readonly string[], node = embedded(...names), change: Partial<UpstreamTopic> = {}) {
    const topics = names.map(brokerCluster => ({
      topic: 't',
      brokerCluster,
      maxPullBatchSize: 10,
      ...change,
    }))
    await this.proxy.registry.put('group', 'g', this.proxy.groupDocument('g', ...topics))
    await this.node(node)
  }

  async append(address: string, ...values: string[]): Promise<void> {
    const records = values.map(value => ({
      key: null,
      value: Buffer.from(value),
      headers: [],
      timestampMs: Date.now(),
    }))
    const [outcome] = await this.clusters
      .get(address)
      .log.append([{ topic: 't', partition: '0', records }], { deadlineMs: 5000 })
    if (outcome === undefined || 'error' in outcome) throw new Error('append failed')
  }

  async committed(address: string): Promise<number | undefined> {
    const [lag] = await this.clusters.get(address).log.admin.lag('g', 't')
    return lag?.committedOffset
  }

  async members(address: string): Promise<string[]> {
    return (await this.clusters.get(address).log.admin.members('g')).map(member => member.memberId)
  }

  /** Pulls without confirming until messages of each of these qids came. */
  async pullEach(...qids: string[]) {
    const byQid = new Map<string, Awaited<ReturnType<TestClient['pull']>>>()
    while (!qids.every(qid => byQid.has(qid))) {
      const response = await this.client.pull('g')
      if (response.messages.length === 0) throw new Error(`nothing of ${qids.join()} came`)
      byQid.set(response.context?.qid ?? '', response)
    }
    return byQid
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.proxy.stop()
    await this.clusters.stop()
    await this.#dir[Symbol.asyncDispose]()
  }
}

describe('one topic on two clusters', () => {
  it('CP-1 CP-21 is one stream to pull clients, told apart by qid, confirmed in its own cluster', async () => {
    await using run = await Run.start()
    await run.append(SHORT, 'a0', 'a1')
    await run.append(LONG, 'b0', 'b1', 'b2')
    await run.subscribe([SHORT, LONG])
    const pulled = await run.pullEach('A_0', 'A_1_0')
    const [short, long] = [pulled.get('A_0'), pulled.get('A_1_0')]
    if (short === undefined || long === undefined) throw new Error('not pulled')
    expect(bodiesOf(short)).toEqual(['a0', 'a1'])
    expect(bodiesOf(long)).toEqual(['b0', 'b1', 'b2'])
    // The offsets 0 and 1 are with the client in both.
    await run.client.submit(allOf(long))
    await eventually(async () => expect(await run.committed(LONG)).toBe(3))
    expect(await run.committed(SHORT)).toBeLessThanOrEqual(0)
    await run.client.submit(allOf(short))
    await eventually(async () => expect(await run.committed(SHORT)).toBe(2))

    const stats = await run.client.stats('g')
    expect(stats.map(({ consumeOffsets, produceOffsets }) => [consumeOffsets, produceOffsets])).toEqual([
      [new Map([['A_0', 2]]), new Map([['A_0', 2]])],
      [new Map([['A_1_0', 3]]), new Map([['A_1_0', 3]])],
    ])
  })

  it('CP-12 gives a refused message of one cluster again, not the one of the same offset in the other', async () => {
    await using run = await Run.start()
    await run.append(SHORT, 'a0')
    await run.append(LONG, 'b0')
    await run.subscribe([SHORT, LONG], embedded(SHORT, LONG), { retryIntervals: [10] })
    const pulled = await run.pullEach('A_0', 'A_1_0')
    await run.client.submit({ context: { groupId: 'g', topic: 't', qid: 'A_1_0' }, failOffsets: [0] })
    const again = await run.client.pull('g')
    expect([again.context?.qid, bodiesOf(again)]).toEqual(['A_1_0', ['b0']])
    for (const response of pulled.values()) await run.client.submit(allOf(response))
  })
})

describe('clusters that come and go', () => {
  it('takes in a cluster that is added, and hands back one that is removed, without touching the other', async () => {
    await using run = await Run.start()
    await run.append(SHORT, 'a0')
    await run.append(LONG, 'b0')
    await run.subscribe([SHORT, LONG], embedded(SHORT))
    expect(await run.client.consume('g', 1)).toEqual(['a0'])
    const member = await eventually(async () => {
      const members = await run.members(SHORT)
      expect(members).toHaveLength(1)
      return members
    })
    await run.node(embedded(SHORT, LONG))
    const pulled = await run.pullEach('A_1_0')
    const removed = run.node(embedded(SHORT))
    // With the client while its cluster goes: it has the drain time to confirm.
    for (const response of pulled.values()) await run.client.submit(allOf(response))
    await removed
    expect(await run.committed(LONG)).toBe(1)
    expect(await run.members(LONG)).toEqual([])
    await eventually(() => expect(run.clusters.events).toEqual([`open A`, 'open A_1', 'close A_1']))
    await run.append(SHORT, 'a1')
    expect(await run.client.consume('g', 1)).toEqual(['a1'])
    expect(await run.members(SHORT)).toEqual(member)
  })

  it('goes on at the new address of a cluster, once, without touching the other', async () => {
    await using run = await Run.start()
    for (const address of ['old:1', 'new:1']) await run.addAt(address)
    await run.append('old:1', 'old')
    await run.append('new:1', 'new')
    await run.append(SHORT, 'a0')
    await run.subscribe([SHORT, LONG], kafkaAt('old:1'))
    expect((await run.client.consume('g', 2)).toSorted()).toEqual(['a0', 'old'])
    const member = await run.members(SHORT)
    await run.node(kafkaAt('new:1'))
    expect(await run.client.consume('g', 1)).toEqual(['new'])
    expect(await run.members('old:1')).toEqual([])
    expect(await run.members('new:1')).toHaveLength(1)
    expect(await run.members(SHORT)).toEqual(member)
    await eventually(() => expect(run.clusters.events.at(-1)).toBe('close old:1'))
  })

  it('serves the others while a cluster refuses, says which, and takes it in when it answers', async () => {
    await using run = await Run.start()
    run.clusters.refuse(LONG)
    await run.append(SHORT, 'a0')
    await run.append(LONG, 'b0')
    await run.subscribe([SHORT, LONG])
    expect(await run.client.consume('g', 1)).toEqual(['a0'])
    expect(run.proxy.health()).toEqual({
      ok: true,
      degraded: 'consumer-proxy-clusters: broker cluster A_1 at A_1 is not connected: connection refused',
    })
    expect(await run.proxy.metric('refused_subscriptions', 'g')).toBe(0)
    run.clusters.refuse(LONG, false)
    expect(await run.client.consume('g', 1)).toEqual(['b0'])
    expect(run.proxy.health()).toEqual({ ok: true })
  })

  it('CP-21 serves the others while a cluster has fallen silent, and lets it go', async () => {
    await using run = await Run.start()
    await run.subscribe([SHORT, LONG])
    await run.append(SHORT, 'a0')
    await run.append(LONG, 'b0')
    expect((await run.client.consume('g', 2)).toSorted()).toEqual(['a0', 'b0'])
    run.clusters.get(LONG).silence()
    await run.append(SHORT, 'a1')
    expect(await run.client.consume('g', 1)).toEqual(['a1'])
    const stats = await run.client.stats('g')
    expect(stats.map(({ produceOffsets }) => produceOffsets)).toEqual([new Map([['A_0', 2]])])
    const removed = run.node(embedded(SHORT))
    await run.append(SHORT, 'a2')
    expect(await run.client.consume('g', 1)).toEqual(['a2'])
    await removed
    await eventually(() => expect(run.clusters.events.at(-1)).toBe('close A_1'))
  })
})
