import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { eventually, faultRounds } from '@ddmq/testkit'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { Ddmq } from '../ddmq-process.ts'
import { startHookServer } from '../hook-server.ts'
import { groupInKafka } from './kafka-witness.ts'
import { clusterMissing, RunningCluster } from './running-cluster.ts'
import { Traffic } from './traffic.ts'

const START_WITHIN_MS = 180_000
const ROUNDS = faultRounds(1, 3)
const missing = await clusterMissing()

const SERVICES = [
  'console',
  'producer-proxy-1',
  'producer-proxy-2',
  'consumer-proxy-1',
  'consumer-proxy-2',
  'chronos-1',
  'chronos-2',
]
const needs = missing === undefined ? '' : ` (${missing})`

describe.skipIf(missing !== undefined)(`dev-cluster that cannot be started${needs}`, () => {
  test('says which port is in use, and starts nothing', async () => {
    await using cluster = await RunningCluster.prepare()
    const squatter = createServer().listen(cluster.ddmq.port(13_093), '127.0.0.1')
    onTestFinished(() => void squatter.close())
    await once(squatter, 'listening')

    const { code, stderr } = await cluster.startUp().finished

    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: `ddmq: port ${cluster.ddmq.port(13_093)} of kafka-2 is in use; move all ports with --port-offset\n`,
    })
    expect((await cluster.status()).filter(({ pid }) => pid !== undefined)).toEqual([])
  })

  test('leaves no process when it is interrupted', async () => {
    await using cluster = await RunningCluster.prepare()
    const { child, finished } = cluster.startUp()
    await eventually(async () => {
      const running = (await cluster.status()).filter(({ pid }) => pid !== undefined)
      expect(running.length).toBeGreaterThan(3)
    }, 60_000)

    child.kill('SIGINT')
    const { code, stderr } = await finished

    expect(code).toBe(1)
    expect(stderr).toMatch(
      /^ddmq: the cluster did not start; what was started is stopped again: interrupted$/m,
    )
    expect((await cluster.status()).filter(({ pid }) => pid !== undefined)).toEqual([])
  })
})

describe.skipIf(missing !== undefined)(`dev-cluster${needs}`, { timeout: START_WITHIN_MS }, () => {
  let cluster: RunningCluster
  beforeAll(async () => {
    cluster = await RunningCluster.start()
  }, START_WITHIN_MS)
  afterAll(() => cluster[Symbol.asyncDispose](), START_WITHIN_MS)

  test('up again finds everything running, and status shows each process ready', async () => {
    const before = await cluster.status()

    const printed = await cluster.up()

    expect(printed).toMatch(/^ddmq cluster ready in \d+ ms$/m)
    expect(before.map(({ name }) => name)).toEqual([
      'zookeeper-1',
      'zookeeper-2',
      'zookeeper-3',
      'kafka-1',
      'kafka-2',
      'kafka-3',
      'mariadb',
      'console',
      'producer-proxy-1',
      'producer-proxy-2',
      'consumer-proxy-1',
      'consumer-proxy-2',
      'chronos-1',
      'chronos-2',
    ])
    expect(before.filter(({ state }) => state !== 'ready')).toEqual([])
    expect(await cluster.status()).toEqual(before)
    for (const { address, pid } of before) {
      expect(printed).toContain(address)
      expect(printed).toContain(`process ${pid}`)
    }
  })

  test('CM-37 a message sent by the command is pulled once, and a second pull prints nothing', async () => {
    const { ddmq } = cluster
    await ddmq.json('topic', 'create', 'orders', '--partitions', '4')
    await ddmq.json('group', 'create', 'cg_billing')
    await ddmq.json('sub', 'create', 'cg_billing', 'orders')

    await ddmq.json('send', 'orders', 'hello', '--key', 'k1', '--tags', 'paid', '--property', 'source=web')
    const [message] = await ddmq.json('pull', 'cg_billing', '--max', '1', '--wait', '20s')
    const second = await ddmq.run('pull', 'cg_billing', '--wait', '1s')

    expect(message).toMatchObject({
      topic: 'orders',
      key: 'k1',
      body: 'hello',
      properties: { source: 'web' },
    })
    expect(second).toEqual({ code: 0, stdout: '', stderr: '' })
  })

  test('CP-39 a pushed message reaches an HTTP server as the documented form', async () => {
    const hook = await startHookServer()
    const { ddmq } = cluster
    await ddmq.json('topic', 'create', 'pushed', '--partitions', '1')
    await ddmq.json('group', 'create', 'cg_hooks')
    await ddmq.json('sub', 'create', 'cg_hooks', 'pushed', '--push', hook.url)

    await ddmq.json('send', 'pushed', 'again', '--key', 'k2')
    const { form } = await eventually(() => {
      const [only] = hook.received
      if (only === undefined) throw new Error('nothing was pushed yet')
      return only
    }, 20_000)

    expect(Object.fromEntries(form)).toMatchObject({
      params: 'again',
      carrera_topic: 'pushed',
      carrera_group: 'cg_hooks',
      carrera_offset: '0',
      carrera_qid: 'R_default_0',
      carrera_source: 'KAFKA',
      carrera_msg_key: 'k2',
    })
  })

  test('CM-2 CM-3 the initialisation calls answer errno 0 with a token and 401 without', async () => {
    const [{ token } = {}] = await cluster.ddmq.json('token', 'create', 'ci')
    const base = `http://127.0.0.1:${cluster.ddmq.port(8080)}/carrera/api/odin/internal/v4`

    for (const call of ['initZkPath', 'initAllZk']) {
      const allowed = await fetch(`${base}/${call}`, {
        headers: { authorization: `Bearer ${String(token)}` },
      })
      const refused = await fetch(`${base}/${call}`)

      expect(await allowed.json()).toMatchObject({ errno: 0 })
      expect(refused.status).toBe(401)
    }
  })

  test('what an SDK client sends over both producer proxies comes over both consumer proxies', async () => {
    const { topic, group } = await cluster.createQueue('sdk')
    const producer = await cluster.producer()
    const consumer = await cluster.consumer(group)
    const received: string[] = []
    void consumer.run(async ({ message }) => {
      received.push(new TextDecoder().decode(message.body))
      return 'SUCCESS'
    })
    const bodies = Array.from({ length: 200 }, (_, index) => `body ${index}`)

    const results = await Promise.all(bodies.map(body => producer.send({ topic, body })))

    expect(results.filter(({ code }) => code !== 0)).toEqual([])
    expect(new Set(results.map(({ proxy }) => proxy)).size).toBe(2)
    await eventually(() => expect(received.toSorted()).toEqual(bodies.toSorted()), 30_000)
  })

  test('offsets and lag that stats shows are those that the tool of Kafka sees', async () => {
    const { topic, group } = await cluster.createQueue('lag')
    const producer = await cluster.producer()
    for (let partition = 0; partition < 40; partition += 1) {
      await producer.send({ topic, body: 'x', partition: partition % 4 })
    }
    await cluster.ddmq.json('pull', group, '--max', '15', '--wait', '20s')
    const [bootstrap = ''] = cluster.addresses('kafka')

    await eventually(async () => {
      const rows = await cluster.ddmq.json('stats', '--group', group)
      const ours = rows.map(({ partition, committedOffset, endOffset, lag }) => ({
        partition,
        committedOffset,
        endOffset,
        lag,
      }))
      const theirs = await groupInKafka(bootstrap, group, topic)

      expect(theirs.reduce((sum, row) => sum + row.lag, 0)).toBe(25)
      expect(ours).toEqual(theirs)
    }, 40_000)
  })

  test('CH-44 CH-47 delayed messages are delivered once each, none early, while a delay service is killed', async () => {
    const topic = 'later'
    const group = 'cg_later'
    await cluster.ddmq.json('topic', 'create', topic, '--delay')
    await cluster.ddmq.json('group', 'create', group)
    await cluster.ddmq.json('sub', 'create', group, topic, '--from', 'earliest')
    const producer = await cluster.producer()
    const received: string[] = []
    const early: string[] = []
    const consumer = await cluster.consumer(group)
    void consumer.run(async ({ message }) => {
      const body = new TextDecoder().decode(message.body)
      if (Date.now() < Number(body.split(' ')[1])) early.push(body)
      received.push(body)
      return 'SUCCESS'
    })
    const firstMs = Date.now() + 5_000
    const bodies = Array.from({ length: 300 }, (_, index) => `${index} ${firstMs + index * 50}`)

    const results = await Promise.all(
      bodies.map(body => producer.sendDelay({ topic, body }, { at: Number(body.split(' ')[1]) })),
    )
    await eventually(() => expect(received.length).toBeGreaterThan(30), 30_000)
    await cluster.kill('chronos-1')

    expect(results.filter(({ code }) => code !== 0)).toEqual([])
    await eventually(() => expect(new Set(received).size).toBe(bodies.length), 60_000)
    await cluster.up()
    expect(received.toSorted()).toEqual(bodies.toSorted())
    expect(early).toEqual([])
  })

  test(
    'a producer and a consumer go on while each broker, the leader of ZooKeeper and a proxy of each kind are killed in turn; nothing acknowledged is lost',
    async ({ annotate }) => {
      const { topic, group } = await cluster.createQueue('faults')
      const traffic = new Traffic(await cluster.producer(), await cluster.consumer(group), topic)
      await traffic.progress()

      for (let round = 0; round < ROUNDS; round += 1) {
        const leader = await cluster.zooKeeperLeader()
        for (const victim of [
          'kafka-1',
          'kafka-2',
          'kafka-3',
          leader,
          'producer-proxy-1',
          'consumer-proxy-1',
        ]) {
          await cluster.kill(victim)
          await traffic.progress()
          if (victim === leader) await cluster.createQueue(`without_leader_${round}`)
          await cluster.up()
          await traffic.progress()
        }
      }
      await traffic.stopSending()

      await eventually(() => expect(traffic.missing).toEqual([]), 60_000)
      expect(traffic.acknowledged.size).toBeGreaterThan(0)
      await annotate(
        `${traffic.acknowledged.size} acknowledged, ${traffic.refused} refused, ${traffic.duplicates} delivered again`,
      )
    },
    ROUNDS * 300_000,
  )

  test('a proxy that starts while ZooKeeper is down works from the last good documents, and says so', async () => {
    const { topic } = await cluster.createQueue('cached')
    const [, address = ''] = cluster.addresses('producer-proxy')
    await Promise.all(['zookeeper-1', 'zookeeper-2', 'zookeeper-3'].map(name => cluster.kill(name)))
    await cluster.kill('producer-proxy-2')
    const { child, finished } = cluster.startService('producer-proxy-2')
    onTestFinished(() => void child.kill('SIGKILL'))

    const readiness = await eventually(async () => {
      const state = await cluster.readiness('producer-proxy-2')
      expect(state.status).toBe('ready')
      return state
    }, 60_000)
    const producer = await cluster.producer([address])
    const { code } = await producer.send({ topic, body: 'without the tree' })
    child.kill('SIGTERM')
    const ended = await finished
    await cluster.up()

    expect(readiness).toMatchObject({
      status: 'ready',
      degraded: expect.stringMatching(new RegExp(`${cluster.addresses('zookeeper')[0]}.*last-good cache`)),
    })
    expect(code).toBe(0)
    expect(ended.code).toBe(0)
    for (const name of SERVICES) {
      await eventually(async () => expect(await cluster.readiness(name)).toEqual({ status: 'ready' }), 60_000)
    }
  })

  test('brokers that are all away are named by every service, and come back without a restart of ours', async () => {
    const { topic } = await cluster.createQueue('away')
    const brokers = ['kafka-1', 'kafka-2', 'kafka-3']
    const away = new RegExp(`broker cluster R_default at .*${cluster.addresses('kafka')[0]}`)
    await Promise.all(brokers.map(name => cluster.kill(name)))

    for (const name of SERVICES) {
      await eventually(async () => expect((await cluster.readiness(name)).reason).toMatch(away), 60_000)
    }
    await cluster.up()
    const producer = await cluster.producer()
    const { code } = await producer.send({ topic, body: 'back again' })

    expect(code).toBe(0)
  })

  test('up works on the tree and the brokers that its configuration names', async () => {
    const single = new Ddmq(cluster.home)
    const config = join(cluster.home, 'up.yaml')
    const [kafka, zookeeper] = [cluster.addresses('kafka'), cluster.addresses('zookeeper')]
    await writeFile(
      config,
      JSON.stringify({
        registry: { zookeeper: { connect: `${zookeeper.join(',')}/another` } },
        brokerClusters: { R_default: { kafka: { bootstrapServers: kafka } } },
      }),
    )

    const banner = await single.up('--config', config)
    await single.json('topic', 'create', 'of_up', '--partitions', '1')
    await single.json('group', 'create', 'cg_of_up')
    await single.json('sub', 'create', 'cg_of_up', 'of_up')
    await single.json('send', 'of_up', 'hello')
    const [message] = await single.json('pull', 'cg_of_up', '--max', '1', '--wait', '20s')
    const code = await single.kill('SIGTERM')

    expect(banner).toContain('R_default')
    expect(message).toMatchObject({ topic: 'of_up', body: 'hello' })
    expect(code).toBe(0)
    expect(await groupInKafka(kafka[0] ?? '', 'cg_of_up', 'of_up')).toMatchObject([{ lag: 0 }])
  })

  test('a console with a wrong password of the database waits, and says where and as whom it is refused', async () => {
    const { file, readiness } = await cluster.writeConfig('console', text =>
      text.replace(/^( +password: ).*$/m, '$1wrong-secret'),
    )
    const { child, finished } = cluster.ddmq.start('console', '--config', file)
    onTestFinished(() => void child.kill('SIGKILL'))

    const state = await eventually(async () => {
      const found = await readiness()
      expect(found.reason).toMatch(
        new RegExp(`^console is starting; .* as user \\w+ at 127\\.0\\.0\\.1:${cluster.ddmq.port(13_307)}`),
      )
      return found
    }, 60_000)
    child.kill('SIGTERM')
    const { code, stdout, stderr } = await finished

    expect(code).toBe(0)
    expect(stdout).toContain('waiting for the database')
    expect(stdout + stderr + JSON.stringify(state)).not.toContain('wrong-secret')
  })
})
