import { randomUUID } from 'node:crypto'
import { cp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { KafkaCluster } from '@ddmq/storage/kafka'
import { eventually, FaultProxy, type KafkaVersion, kafkaMissing, tempDir } from '@ddmq/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openKafka, type SettingsInput } from './open-kafka.ts'
import {
  createScramUser,
  PASSWORD,
  type SecuredKafka,
  startSecuredKafka,
  unsecuredToken,
} from './secured-kafka.ts'

const missing = kafkaMissing()
const needs = missing === undefined ? '' : ` (needs Kafka: ${missing})`
const versions: readonly KafkaVersion[] = ['4', '3']
const HOUR_MS = 3_600_000

type Sasl = NonNullable<SettingsInput['sasl']>
const PASSWORD_MECHANISMS = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const

describe.skipIf(missing !== undefined).each(versions)(`security of Kafka %s${needs}`, version => {
  let secured: SecuredKafka
  const at = (listener: string, settings: Omit<SettingsInput, 'bootstrapServers'> = {}): SettingsInput => ({
    bootstrapServers: secured.kafka.listener(listener),
    connectTimeoutMs: 2_000,
    metadataRefreshMs: 200,
    ...settings,
  })

  beforeAll(async () => {
    secured = await startSecuredKafka(version)
    await createScramUser(secured.kafka, 'alice', PASSWORD)
  }, 120_000)
  afterAll(() => secured[Symbol.asyncDispose]())

  describe.each(['SASL', 'SASLTLS'])('listener %s', listener => {
    const tls = (): Pick<SettingsInput, 'tls'> =>
      listener === 'SASL' ? {} : { tls: { caFile: secured.certificates.caFile } }

    test.each(PASSWORD_MECHANISMS)('%s lets a user in', async mechanism => {
      expect(
        await use(at(listener, { ...tls(), sasl: { mechanism, username: 'alice', password: PASSWORD } })),
      ).toEqual(WORKS)
    })

    test('OAUTHBEARER lets the bearer of a token in', async () => {
      const sasl: Sasl = { mechanism: 'OAUTHBEARER', token: unsecuredToken('alice', HOUR_MS) }
      expect(await use(at(listener, { ...tls(), sasl }))).toEqual(WORKS)
    })
  })

  test.each(PASSWORD_MECHANISMS)('%s: a wrong password is refused', async mechanism => {
    const sasl: Sasl = { mechanism, username: 'alice', password: 'wrong-phrase' }
    expect(await refusalOf(at('SASL', { sasl }))).toMatch(
      /authentication failed: .*(credentials|username or password)/,
    )
  })

  test.each(PASSWORD_MECHANISMS)('%s: an unknown user is refused', async mechanism => {
    const sasl: Sasl = { mechanism, username: 'nobody', password: 'wrong-phrase' }
    expect(await refusalOf(at('SASL', { sasl }))).toMatch(
      /authentication failed: .*(credentials|username or password)/,
    )
  })

  test.each([
    ['an expired token', unsecuredToken('alice', -HOUR_MS)],
    ['what is no token', 'wrong-phrase'],
  ])('OAUTHBEARER: %s is refused', async (_what, token) => {
    const sasl: Sasl = { mechanism: 'OAUTHBEARER', token }
    expect(await refusalOf(at('SASL', { sasl }))).toMatch(/authentication failed: .*invalid_token/)
  })

  test('a client without a login is refused by a listener that expects one', async () => {
    expect(await refusalOf(at('SASL'))).toMatch(/may expect TLS, a login/)
  })

  test('a call says why it fails', async () => {
    const sasl: Sasl = { mechanism: 'PLAIN', username: 'alice', password: 'wrong-phrase' }
    await using kafka = await openKafka(at('SASL', { sasl }))
    await expect(kafka.cluster.admin.listTopics()).rejects.toThrow(
      /R_test.*127\.0\.0\.1.*authentication failed/,
    )
  })

  test('a user that is created later gets in without a restart', async () => {
    const username = `later-${version}`
    await using kafka = await openKafka(
      at('SASL', { sasl: { mechanism: 'SCRAM-SHA-512', username, password: PASSWORD } }),
    )
    await eventually(() => expect(kafka.complaints()).toHaveLength(1))

    await createScramUser(secured.kafka, username, PASSWORD)

    await eventually(() => expect(kafka.cluster.health()).toEqual({ ok: true }), 20_000)
    expect(await kafka.cluster.admin.listTopics()).toEqual(expect.any(Array))
  })

  test('a token file that is renewed is read again, while connections outlive the login', async () => {
    await using dir = await tempDir()
    const tokenFile = join(dir.path, 'token')
    await using kafka = await openKafka(at('SASL', { sasl: { mechanism: 'OAUTHBEARER', tokenFile } }))
    await eventually(() =>
      expect(kafka.complaints()).toMatchObject([
        { reason: `sasl.tokenFile ${tokenFile} cannot be read (ENOENT)` },
      ]),
    )

    await writeFile(tokenFile, unsecuredToken('alice', -HOUR_MS))
    await eventually(() => expect(kafka.complaints().at(-1)?.['reason']).toMatch(/invalid_token/), 20_000)
    await writeFile(tokenFile, `${unsecuredToken('alice', HOUR_MS)}\n`)

    await eventually(() => expect(kafka.cluster.health()).toEqual({ ok: true }), 20_000)
  })

  test('a login of limited lifetime is replaced before it ends, under load', async () => {
    const sasl: Sasl = { mechanism: 'SCRAM-SHA-256', username: 'alice', password: PASSWORD }
    await using proxy = await FaultProxy.to(Number(secured.kafka.listener('SASL').split(':')[1]))
    await using kafka = await openKafka({
      ...at('SASL', { sasl }),
      bootstrapServers: `127.0.0.1:${proxy.port}`,
    })
    const failures: unknown[] = []
    await eventually(async () => {
      const asked = Array.from({ length: 10 }, () => kafka.cluster.admin.listTopics())
      for (const answer of await Promise.allSettled(asked))
        if (answer.status === 'rejected') failures.push(answer.reason)
      expect(kafka.logger.withMessage('connection replaced').length).toBeGreaterThanOrEqual(2)
    }, 30_000)
    expect(failures).toEqual([])
    expect(kafka.logger.withMessage('connection failed')).toEqual([])
    expect(kafka.complaints()).toEqual([])
  })

  test('certificate files that are missing or broken are told, and taken when they come', async () => {
    await using dir = await tempDir()
    const caFile = join(dir.path, 'ca.pem')
    await using kafka = await openKafka(at('TLS', { tls: { caFile } }))
    await eventually(() =>
      expect(kafka.complaints()).toMatchObject([{ reason: `tls.caFile ${caFile} cannot be read (ENOENT)` }]),
    )

    await cp(secured.certificates.caFile, caFile)

    await eventually(() => expect(kafka.cluster.health()).toEqual({ ok: true }), 20_000)
  })

  test('TLS and mutual TLS work', async () => {
    const { caFile, client } = secured.certificates
    expect(await use(at('TLS', { tls: { caFile } }))).toEqual(WORKS)
    expect(await use(at('TLS', { tls: { caFile, servername: 'localhost' } }))).toEqual(WORKS)
    const { certFile, keyFile } = client
    expect(await use(at('MUTUAL', { tls: { caFile, certFile, keyFile } }))).toEqual(WORKS)
  })

  test('a plain client at a TLS port is refused', async () => {
    expect(await refusalOf(at('TLS'))).toMatch(/TLS/)
  })

  test('a TLS client at a plain port is refused', async () => {
    const tls = { caFile: secured.certificates.caFile }
    expect(
      await refusalOf({ ...at('TLS', { tls }), bootstrapServers: secured.kafka.bootstrapServers }),
    ).toMatch(/TLS/)
  })

  test('a certificate of an unknown authority is refused', async () => {
    expect(await refusalOf(at('TLS', { tls: { caFile: secured.certificates.strangerCaFile } }))).toMatch(
      /certificate/,
    )
  })

  test('a certificate of an unknown authority is taken where the settings say so', async () => {
    expect(await use(at('TLS', { tls: { rejectUnauthorized: false } }))).toEqual(WORKS)
  })

  test('a certificate of another name is refused', async () => {
    const tls = { caFile: secured.certificates.caFile, servername: 'elsewhere.example' }
    expect(await refusalOf(at('TLS', { tls }))).toMatch(/elsewhere\.example.*altnames/i)
  })

  test('a missing and a foreign client certificate are refused', async () => {
    const { caFile, stranger } = secured.certificates
    expect(await refusalOf(at('MUTUAL', { tls: { caFile } }))).toMatch(/certificate/)
    const { certFile, keyFile } = stranger
    expect(await refusalOf(at('MUTUAL', { tls: { caFile, certFile, keyFile } }))).toMatch(/certificate/)
  })
})

const WORKS = { value: 'secured', health: { ok: true }, complaints: [] }

/** What a client with these settings sees of a topic that it made. */
async function use(settings: SettingsInput) {
  await using kafka = await openKafka(settings)
  const { cluster } = kafka
  const topic = `works-${randomUUID()}`
  await cluster.admin.createTopic({ topic, partitions: 2 })
  return {
    value: await storedAndRead(cluster, topic),
    health: cluster.health(),
    complaints: kafka.complaints(),
  }
}

/** Why it cannot: one clear line, however often it is tried; not ready; no secret anywhere. */
async function refusalOf(settings: SettingsInput): Promise<string> {
  const server = String(settings.bootstrapServers)
  await using proxy = await FaultProxy.to(Number(server.split(':')[1]))
  const address = `127.0.0.1:${proxy.port}`
  const startedMs = performance.now()
  await using kafka = await openKafka({ ...settings, bootstrapServers: address })
  await eventually(() => expect(proxy.accepted).toBeGreaterThanOrEqual(3), 20_000)

  // The pauses double from 50 ms on, so so many tries have taken so long: no hot loop.
  expect(proxy.accepted).toBeLessThan(5 + (performance.now() - startedMs) / 200)
  expect(kafka.complaints()).toHaveLength(1)
  const reason = kafka.complaints()[0]?.['reason']
  expect(kafka.complaints()).toMatchObject([{ cluster: 'R_test', address, reason: expect.any(String) }])
  expect(kafka.cluster.health()).toEqual({
    ok: false,
    reason: `kafka cluster R_test: no broker answers (${address}: ${String(reason)})`,
  })
  const said = JSON.stringify(kafka.logger.lines)
  expect(said).not.toContain(PASSWORD)
  expect(said).not.toContain('wrong-phrase')
  expect(said).not.toContain(Buffer.from('wrong-phrase').toString('base64'))
  expect(await kafka.metrics.metrics()).toMatch(
    /ddmq_kafka_connection_failures_total\{cluster="R_test"\} [1-9]/,
  )
  return String(reason)
}

async function storedAndRead(cluster: KafkaCluster, topic: string): Promise<string> {
  const place = { topic, partition: '0' }
  const record = { key: null, value: Buffer.from('secured'), headers: [], timestampMs: Date.now() }
  const [outcome] = await cluster.append([{ ...place, records: [record] }], { deadlineMs: 15_000 })
  expect(outcome).toEqual({ baseOffset: 0 })
  const limits = { maxBytes: 1000, maxWaitMs: 5_000 }
  const [result] = await cluster.read([{ ...place, offset: 0 }], limits, { deadlineMs: 15_000 })
  return Buffer.from(result?.records[0]?.value ?? '').toString()
}
