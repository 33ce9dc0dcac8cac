import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import {
  eventually,
  FaultProxy,
  type KafkaServers,
  kafkaMissing,
  serverPort,
  startKafka,
} from '@ddmq/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openKafka } from './open-kafka.ts'

const missing = kafkaMissing()
const needs = missing === undefined ? '' : ` (needs Kafka 4.x: ${missing})`
const QUICK = { connectTimeoutMs: 1_000, metadataRefreshMs: 200 }

describe('a Kafka cluster that is not there', () => {
  test.each([
    ['a host that has no address', 'no-such-host.invalid:9092', /ENOTFOUND|EAI_AGAIN/],
    ['a port where nobody listens', '127.0.0.1:1', /ECONNREFUSED/],
  ])(
    '%s: the start resolves, one line says it, health and metric show it',
    async (_what, address, reason) => {
      await using ours = await openKafka({ bootstrapServers: address, ...QUICK })
      await eventually(async () => {
        const metrics = await ours.metrics.metrics()
        const failures = /ddmq_kafka_connection_failures_total\{cluster="R_test"\} (\d+)/.exec(metrics)?.[1]
        expect(Number(failures)).toBeGreaterThanOrEqual(3)
        expect(metrics).toContain('ddmq_kafka_reachable{cluster="R_test"} 0')
      })

      expect(ours.complaints()).toMatchObject([
        {
          cluster: 'R_test',
          address,
          msg: expect.stringMatching(reason),
        },
      ])
      expect(ours.complaints()[0]?.msg).toContain(`kafka cluster R_test: cannot reach ${address}: `)
      expect(ours.cluster.health()).toMatchObject({ ok: false, reason: expect.stringContaining(address) })
    },
  )

  test('a port that accepts and is silent: the start resolves and it is tried again', async () => {
    await using silent = await startSilence()
    await using ours = await openKafka({ bootstrapServers: `127.0.0.1:${silent.port}`, ...QUICK })

    await eventually(() => expect(silent.accepted()).toBeGreaterThanOrEqual(2))

    expect(ours.complaints()).toMatchObject([{ reason: 'no answer within 1000 ms' }])
    expect(ours.cluster.health()).toMatchObject({ ok: false })
  })

  test('an engine that waits for its first answer can be stopped', async () => {
    await using silent = await startSilence()
    const ours = await openKafka({
      bootstrapServers: `127.0.0.1:${silent.port}`,
      connectTimeoutMs: 60_000,
      metadataRefreshMs: 200,
    })
    expect(silent.accepted()).toBe(1)
    await ours.cluster.stop()
    await eventually(() => expect(silent.open()).toBe(0))
  })
})

describe.skipIf(missing !== undefined)(`a Kafka cluster that comes and goes${needs}`, () => {
  let kafka: KafkaServers

  beforeAll(async () => {
    kafka = await startKafka({ proxied: true })
  }, 120_000)
  afterAll(() => kafka[Symbol.asyncDispose]())

  test('is used when it comes, without a restart', async () => {
    const port = await serverPort()
    await using ours = await openKafka({ bootstrapServers: `127.0.0.1:${port}`, ...QUICK })
    await eventually(() => expect(ours.complaints()).toHaveLength(1))
    expect(ours.cluster.health()).toMatchObject({ ok: false })

    await using _there = await FaultProxy.to(Number(kafka.bootstrapServers.split(':')[1]), port)

    await eventually(() => expect(ours.cluster.health()).toEqual({ ok: true }))
    await ours.cluster.admin.createTopic({ topic: 'late', partitions: 1 })
    expect(await ours.metrics.metrics()).toContain('ddmq_kafka_reachable{cluster="R_test"} 1')
  })

  test('works with two dead servers of three in the settings', async () => {
    await using silent = await startSilence()
    const servers = ['127.0.0.1:1', `127.0.0.1:${silent.port}`, kafka.bootstrapServers]
    await using ours = await openKafka({ bootstrapServers: servers, ...QUICK })

    await eventually(() => expect(ours.cluster.health()).toEqual({ ok: true }))
    await ours.cluster.admin.createTopic({ topic: 'third', partitions: 1 })
    expect(await ours.cluster.admin.listTopics()).toContain('third')
  })

  test('makes a topic though the answer is lost and its broker is asked again at another address', async () => {
    const servers = [kafka.bootstrapServers, kafka.bootstrapServers.replace('127.0.0.1', 'localhost')]
    await using ours = await openKafka({ bootstrapServers: servers, ...QUICK })
    await using other = await openKafka({ bootstrapServers: kafka.directServers, ...QUICK })
    await eventually(() => expect(ours.cluster.health()).toEqual({ ok: true }))

    kafka.proxy(1).stall('toClient')
    const making = ours.cluster.admin.createTopic({ topic: 'unanswered', partitions: 1 })
    await eventually(async () => expect(await other.cluster.admin.listTopics()).toContain('unanswered'))
    kafka.proxy(1).cut()
    kafka.proxy(1).heal()

    await making
    expect(await ours.cluster.admin.listTopics()).toContain('unanswered')
  })

  test('that falls silent is told once, and that it is back', async () => {
    await using ours = await openKafka({
      bootstrapServers: kafka.bootstrapServers,
      requestTimeoutMs: 1_000,
      ...QUICK,
    })
    expect(ours.cluster.health()).toEqual({ ok: true })
    kafka.proxy(1).stall()
    await eventually(() => expect(ours.cluster.health()).toMatchObject({ ok: false }), 20_000)
    await eventually(() => expect(ours.complaints()).toHaveLength(1), 20_000)
    kafka.proxy(1).heal()

    await eventually(() => expect(ours.cluster.health()).toEqual({ ok: true }), 20_000)
    expect(ours.complaints()).toHaveLength(1)
    const back = ours.logger.lines.filter(({ msg }) => msg.endsWith('is back'))
    expect(back).toHaveLength(1)
  })
})

/** Accepts connections and never answers. */
async function startSilence() {
  const server: Server = createServer()
  let accepted = 0
  let open = 0
  server.on('connection', socket => {
    accepted++
    open++
    socket.on('error', () => undefined)
    socket.on('close', () => open--)
    socket.resume()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('a TCP server has an address object')
  return {
    port: address.port,
    accepted: () => accepted,
    open: () => open,
    async [Symbol.asyncDispose]() {
      server.close()
      await Promise.resolve()
    },
  }
}
