import { randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { AssignmentListener, Membership, TopicPartition } from '@ddmq/storage'
import { KafkaCluster } from '@ddmq/storage/kafka'
import { eventually, type KafkaServers, startKafka, tempDir, testLogger } from '@ddmq/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { kafkaOptions, openKafka } from './kafka-cluster.ts'
import { appendTexts, CALL, readAll, record, texts } from './records.ts'
import {
  allow,
  type Certificates,
  certificates,
  createScramUser,
  securedMissing,
  securedSettings,
  unsignedToken,
} from './secured-kafka.ts'

/** As docs/reference/kafka.md says. */
const SERVICE = [
  { type: 'TOPIC', prefix: 'allowed.', operations: ['READ', 'WRITE', 'DESCRIBE_CONFIGS'] },
  { type: 'GROUP', prefix: 'allowed-', operations: ['READ'] },
  { type: 'TRANSACTIONAL_ID', prefix: 'allowed-', operations: ['WRITE'] },
] as const
const CONSOLE = [
  {
    type: 'TOPIC',
    prefix: 'allowed.',
    operations: ['READ', 'CREATE', 'ALTER', 'DELETE', 'DESCRIBE_CONFIGS'],
  },
  { type: 'GROUP', prefix: 'allowed-', operations: ['READ', 'DELETE'] },
] as const

const missing = securedMissing()
const needs = missing === undefined ? '' : ` (needs Kafka 4.x and openssl: ${missing})`

describe.skipIf(missing !== undefined)(`secured Kafka${needs}`, () => {
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

  test('the documented permissions are enough for a service, and for the console', async () => {
    for (const user of ['service', 'console']) await createScramUser(kafka.directServers, user, 'right')
    await allow(kafka.directServers, 'service', SERVICE)
    await allow(kafka.directServers, 'console', CONSOLE)
    const [service, console] = await Promise.all(
      ['service', 'console'].map(username =>
        openKafka(kafka.bootstrapServers, {
          settings: {
            tls: { caFile: files.caFile },
            sasl: { mechanism: 'SCRAM-SHA-512', username, password: 'right' },
          },
        }),
      ),
    )
    if (service === undefined || console === undefined) throw new Error('two clusters were opened')
    const [topic, group] = [`allowed.${randomUUID()}`, `allowed-${randomUUID()}`]
    const at = { topic, partition: '0', offset: 1, metadata: 'm' }

    await console.admin.createTopic({ topic, partitions: 1 })
    await console.admin.setPartitionCount(topic, 2)
    expect(await service.append([{ topic, partition: '0', records: [record('x')] }], CALL)).toEqual([
      { baseOffset: 0 },
    ])
    expect(texts(await readAll(service, topic))).toEqual(['x'])
    const member = new Watcher()
    member.membership = await service.join(group, [topic], member)
    await eventually(() => expect(member.held).toHaveLength(2))
    await member.membership.commit([at])
    await console.admin.setCommitted(group, [{ ...at, offset: 0 }])
    await member.membership.leave(AbortSignal.timeout(10_000))
    const transactor = await service.transactor(`allowed-${randomUUID()}`)
    await transactor.commit([{ topic, partition: '0', records: [record('in a transaction')] }], {
      ...CALL,
      offsets: { group, offsets: [at] },
    })
    await transactor.close()

    expect(await service.admin.committed(group)).toEqual([at])
    expect(await console.admin.lag(group, topic)).toHaveLength(2)
    expect(await console.admin.listGroups()).toContain(group)
    expect(await console.admin.members(group)).toEqual([])
    await console.admin.deleteGroup(group)
    await console.admin.deleteTopic(topic)
    const [other] = await service.append([{ topic: 'other', partition: '0', records: [record('x')] }], CALL)
    expect(other).toMatchObject({ error: expect.anything() })
    await Promise.all([service.stop(), console.stop()])
  })

  test('refuses a certificate file that cannot be read, by its name', async () => {
    const cluster = new KafkaCluster(
      kafkaOptions(kafka.bootstrapServers, { settings: { tls: { caFile: '/nowhere/ca.pem' } } }),
    )

    await expect(cluster.start()).rejects.toThrow('tls.caFile cannot be read: /nowhere/ca.pem')
  })
})

class Watcher implements AssignmentListener {
  held: readonly TopicPartition[] = []
  membership: Membership | undefined

  async assigned(partitions: readonly TopicPartition[]): Promise<void> {
    this.held = [...this.held, ...partitions]
  }

  async revoked(): Promise<void> {}

  lost(): void {}
}

async function storedAndRead(cluster: KafkaCluster): Promise<string | null | undefined> {
  const topic = `secured.${randomUUID()}`
  await cluster.admin.createTopic({ topic, partitions: 1 })
  await appendTexts(cluster, topic, ['over TLS'])
  return texts(await readAll(cluster, topic))[0]
}
