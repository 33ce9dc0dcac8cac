import { randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { LogRecord } from '@ddmq/storage'
import { KafkaCluster } from '@ddmq/storage/kafka'
import { eventually, type KafkaServers, startKafka, tempDir, testLogger } from '@ddmq/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { kafkaOptions, openKafka } from './kafka-cluster.ts'
import {
  type Certificates,
  certificates,
  createScramUser,
  securedMissing,
  securedSettings,
  unsignedToken,
} from './secured-kafka.ts'

const CALL = { deadlineMs: 15_000 }

const missing = securedMissing()
const title =
  missing === undefined ? 'secured Kafka' : `secured Kafka (needs Kafka 4.x and openssl: ${missing})`

describe.skipIf(missing !== undefined)(`${title}`, () => {
  let dir: Awaited<ReturnType<typeof tempDir>>
  let files: Certificates
  let kafka: KafkaServers

  beforeAll(async () => {
    dir = await tempDir()
    files = await certificates(dir.path)
    kafka = await startKafka({ settings: securedSettings(files) })
    await createScramUser(kafka.directServers, 'scram', 'right')
  }, 120_000)

  afterAll(async () => {
    await kafka[Symbol.asyncDispose]()
    await dir[Symbol.asyncDispose]()
  })

  test.each([
    { mechanism: 'PLAIN', username: 'plain', password: 'right' },
    { mechanism: 'SCRAM-SHA-256', username: 'scram', password: 'right' },
    { mechanism: 'SCRAM-SHA-512', username: 'scram', password: 'right' },
    { mechanism: 'OAUTHBEARER', token: unsignedToken('token') },
  ])('stores and reads over TLS with $mechanism', async sasl => {
    const cluster = await openKafka(kafka.bootstrapServers, {
      settings: { tls: { caFile: files.caFile }, sasl },
    })

    expect(cluster.health()).toEqual({ ok: true })
    expect(await storedAndRead(cluster)).toBe('over TLS')
    await cluster.stop()
  })

  test('reads the token anew for each connection, so that it can be renewed', async () => {
    const tokenFile = join(dir.path, 'token')
    await writeFile(tokenFile, 'expired')
    const sasl = { mechanism: 'OAUTHBEARER', tokenFile }
    const cluster = await openKafka(kafka.bootstrapServers, {
      settings: { tls: { caFile: files.caFile }, sasl },
    })
    expect(cluster.health()).toMatchObject({ ok: false })

    await writeFile(tokenFile, `${unsignedToken('token')}\n`)

    await eventually(() => expect(cluster.health()).toEqual({ ok: true }))
    expect(await storedAndRead(cluster)).toBe('over TLS')
    await cluster.stop()
  })

  test('refuses a broker whose certificate nobody vouches for, unless told not to', async () => {
    const sasl = { mechanism: 'PLAIN', username: 'plain', password: 'right' }
    const strict = await openKafka(kafka.bootstrapServers, { settings: { tls: {}, sasl } })
    const named = await openKafka(kafka.bootstrapServers, {
      settings: { tls: { caFile: files.caFile, servername: 'broker.test' }, sasl },
    })
    const careless = await openKafka(kafka.bootstrapServers, {
      settings: { tls: { rejectUnauthorized: false }, sasl },
    })

    expect(strict.health()).toMatchObject({
      ok: false,
      reason: expect.stringMatching(/self-signed certificate/),
    })
    expect(named.health()).toEqual({ ok: true })
    expect(careless.health()).toEqual({ ok: true })
    await Promise.all([strict, named, careless].map(cluster => cluster.stop()))
  })

  test.each([
    [{ mechanism: 'PLAIN', username: 'plain', password: 'wrong-Hush' }, /authentication failed/],
    [{ mechanism: 'SCRAM-SHA-512', username: 'scram', password: 'wrong-Hush' }, /authentication failed/],
    [{ mechanism: 'OAUTHBEARER', token: 'wrong-Hush' }, /./],
  ])('says in one line who refuses the user, without the secret: %j', async (sasl, reason) => {
    const { log, lines } = testLogger()
    const settings = { tls: { caFile: files.caFile }, sasl }
    const cluster = await openKafka(kafka.bootstrapServers, { log, settings })

    const health = cluster.health()
    await cluster.stop()

    expect(health).toMatchObject({ ok: false, reason: expect.stringMatching(reason) })
    const warnings = lines.filter(({ level }) => level === 'warn')
    expect(warnings).toHaveLength(1)
    expect(warnings[0]?.msg).toContain(`kafka cluster K_test: cannot reach ${kafka.bootstrapServers}`)
    expect(JSON.stringify([lines, health])).not.toContain('Hush')
  })

  test('says so when the broker wants TLS and the settings have none', async () => {
    const cluster = await openKafka(kafka.bootstrapServers, { settings: { requestTimeoutMs: 2_000 } })

    expect(cluster.health()).toMatchObject({ ok: false })
    await cluster.stop()
  })

  test('refuses a certificate file that cannot be read, by its name', async () => {
    const cluster = new KafkaCluster(
      kafkaOptions(kafka.bootstrapServers, { settings: { tls: { caFile: '/nowhere/ca.pem' } } }),
    )

    await expect(cluster.start()).rejects.toThrow('tls.caFile cannot be read: /nowhere/ca.pem')
  })
})

async function storedAndRead(cluster: KafkaCluster): Promise<string> {
  const topic = `secured.${randomUUID()}`
  await cluster.admin.createTopic({ topic, partitions: 1 })
  const record: LogRecord = {
    key: null,
    value: Buffer.from('over TLS'),
    headers: [],
    timestampMs: Date.now(),
  }
  const [outcome] = await cluster.append([{ topic, partition: '0', records: [record] }], CALL)
  expect(outcome).toEqual({ baseOffset: 0 })
  const limits = { maxBytes: 1000, maxWaitMs: 5_000 }
  const [result] = await cluster.read([{ topic, partition: '0', offset: 0 }], limits, CALL)
  return Buffer.from(result?.records[0]?.value ?? '').toString()
}
