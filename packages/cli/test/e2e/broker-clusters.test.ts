import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { eventually, kafkaMissing, startKafka, tempDir } from '@ddmq/testkit'
import { expect, onTestFinished, test } from 'vitest'
import { Ddmq } from './ddmq-process.ts'

const reason = kafkaMissing()
const skipped = reason === undefined ? '' : ` (needs Kafka 4.x and 3.9: ${reason})`

async function startedKafka(version: '4' | '3') {
  const kafka = await startKafka({ version })
  onTestFinished(() => kafka[Symbol.asyncDispose]())
  return kafka
}

test.skipIf(reason !== undefined)(
  `a second broker cluster is created, used by a topic, frozen, moved and deleted while everything runs${skipped}`,
  async () => {
    const home = await tempDir()
    onTestFinished(() => home[Symbol.asyncDispose]())
    const [newest, old] = await Promise.all([startedKafka('4'), startedKafka('3')])
    const file = join(home.path, 'ddmq.yaml')
    const config = {
      registry: { embedded: { dir: join(home.path, 'registry') } },
      brokerClusters: { R_default: { kafka: { bootstrapServers: [newest.bootstrapServers] } } },
    }
    await writeFile(file, JSON.stringify(config))
    const ddmq = new Ddmq(home.path)
    await ddmq.up('--config', file)
    const readyz = async () => (await fetch(`http://127.0.0.1:${ddmq.port(9610)}/readyz`)).text()

    const created = await ddmq.json(
      'broker-cluster',
      'create',
      'old',
      '--bootstrap-servers',
      old.bootstrapServers,
    )
    expect(created).toMatchObject([{ name: 'old', engine: 'kafka', connected: true }])
    const twice = ['--broker-clusters', 'R_default,old']
    const topic = await ddmq.json('topic', 'create', 'orders', '--partitions', '2', ...twice)
    expect(topic).toMatchObject([{ partitions: 4, brokerClusters: ['R_default', 'old'] }])
    await ddmq.json('group', 'create', 'cg_both')
    await ddmq.json('sub', 'create', 'cg_both', 'orders')
    for (const partition of [0, 1, 2, 3]) {
      await ddmq.json('send', 'orders', `to ${partition}`, '--partition', `${partition}`)
    }
    const pulled = await ddmq.json('pull', 'cg_both', '--max', '4', '--wait', '30s')
    expect(pulled.map(message => String(message['body'])).toSorted()).toEqual([
      'to 0',
      'to 1',
      'to 2',
      'to 3',
    ])
    await eventually(async () => {
      const stats = await ddmq.json('stats')
      const ends = stats.map(({ brokerCluster, partition, endOffset, lag }) => [
        brokerCluster,
        partition,
        endOffset,
        lag,
      ])
      // The number chooses the cluster, and then the partition: 0 and 2 are both of the first and both partition 0.
      expect(ends).toEqual([
        ['R_default', '0', 2, 0],
        ['R_default', '1', 0, 0],
        ['old', '0', 0, 0],
        ['old', '1', 2, 0],
      ])
    }, 20_000)

    await old.broker(1).freeze()
    await eventually(
      async () => expect(await readyz()).toContain(`broker cluster old at ${old.bootstrapServers}`),
      60_000,
    )
    await ddmq.json('send', 'orders', 'past the frozen one', '--partition', '0')
    const past = await ddmq.json('pull', 'cg_both', '--max', '1', '--wait', '30s')
    expect(past).toMatchObject([{ body: 'past the frozen one' }])
    const partly = await ddmq.run('stats')
    expect([partly.code, partly.stderr]).toEqual([0, expect.stringContaining('broker cluster old')])
    old.broker(1).thaw()
    await eventually(async () => expect(JSON.parse(await readyz())).toEqual({ status: 'ready' }), 60_000)

    const elsewhere = old.bootstrapServers.replace('127.0.0.1', 'localhost')
    await ddmq.json('broker-cluster', 'move', 'old', '--bootstrap-servers', elsewhere)
    await eventually(() => ddmq.json('send', 'orders', 'moved', '--partition', '1'), 30_000)
    expect(await ddmq.json('pull', 'cg_both', '--max', '1', '--wait', '30s')).toMatchObject([
      { body: 'moved' },
    ])

    await eventually(async () => {
      const removed = await ddmq.run('topic', 'remove-from', 'orders', 'old')
      expect([removed.code, removed.stderr]).toEqual([0, ''])
    }, 20_000)
    await ddmq.json('broker-cluster', 'delete', 'old')
    expect(await ddmq.json('broker-cluster', 'list')).toMatchObject([{ name: 'R_default', topics: 1 }])
    await ddmq.json('send', 'orders', 'alone', '--partition', '1')
    expect(await ddmq.json('pull', 'cg_both', '--max', '1', '--wait', '30s')).toMatchObject([
      { body: 'alone' },
    ])
    expect(JSON.parse(await readyz())).toEqual({ status: 'ready' })
  },
  240_000,
)

test('the embedded process says which broker clusters it cannot have', async () => {
  const home = await tempDir()
  onTestFinished(() => home[Symbol.asyncDispose]())
  const ddmq = new Ddmq(home.path)
  await ddmq.up()

  const refused = await ddmq.run('broker-cluster', 'create', 'other', '--bootstrap-servers', 'kafka-1:9092')
  const without = await ddmq.run('broker-cluster', 'create', 'other')

  expect([refused.code, refused.stderr]).toEqual([
    1,
    expect.stringContaining(
      'this process has the embedded cluster R_default and connects to no kafka cluster other',
    ),
  ])
  expect(without.stderr).toContain(
    'bootstrapServers: a Kafka cluster needs the host:port of at least one broker',
  )
  expect(await ddmq.json('broker-cluster', 'list')).toMatchObject([{ name: 'R_default', engine: 'embedded' }])
})
