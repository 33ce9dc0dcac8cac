import type { CommittedOffset, StorageErrorKind } from '@ddmq/storage'
import type { KafkaCluster } from '@ddmq/storage/kafka'
import { eventually, type KafkaServers, type KafkaVersion, kafkaMissing, startKafka } from '@ddmq/testkit'
import {
  type Acl,
  AclOperations,
  AclPermissionTypes,
  Connection,
  createAclsV3,
  ResourcePatternTypes,
  ResourceTypes,
} from '@platformatic/kafka'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openKafka } from './open-kafka.ts'

const missing = kafkaMissing()
const needs = missing === undefined ? '' : ` (needs Kafka: ${missing})`
const versions: readonly KafkaVersion[] = ['4', '3']
const CALL = { deadlineMs: 10_000 }
const PREFIX = 'ours.'
const LOGIN = 'org.apache.kafka.common.security.plain.PlainLoginModule required'
const AUTHORIZER = 'org.apache.kafka.metadata.authorizer.StandardAuthorizer'

type Resource = 'TOPIC' | 'GROUP' | 'TRANSACTIONAL_ID'
type Operation = keyof typeof AclOperations
type Grant = readonly [Resource, Operation]
interface Use {
  readonly cluster: KafkaCluster
  readonly topic: string
  readonly group: string
}

/** The list of docs/reference/kafka.md: all that the engine needs, on names that begin with a prefix. */
const GRANTS: readonly Grant[] = [
  ['TOPIC', 'READ'],
  ['TOPIC', 'WRITE'],
  ['TOPIC', 'CREATE'],
  ['TOPIC', 'DELETE'],
  ['TOPIC', 'ALTER'],
  ['TOPIC', 'DESCRIBE_CONFIGS'],
  ['GROUP', 'READ'],
  ['GROUP', 'DELETE'],
  ['TRANSACTIONAL_ID', 'WRITE'],
]

/** What each of them is for: this fails without it. */
const NEEDS: readonly (readonly [Grant, string, (use: Use) => Promise<unknown>])[] = [
  [['TOPIC', 'READ'], 'reading', ({ cluster, topic }) => readFrom(cluster, topic)],
  [['TOPIC', 'WRITE'], 'appending', ({ cluster, topic }) => appendTo(cluster, topic)],
  [
    ['TOPIC', 'CREATE'],
    'creating a topic',
    ({ cluster, topic }) => cluster.admin.createTopic({ topic: `${topic}-2`, partitions: 1 }),
  ],
  [['TOPIC', 'DELETE'], 'deleting a topic', ({ cluster, topic }) => cluster.admin.deleteTopic(topic)],
  [
    ['TOPIC', 'ALTER'],
    'adding partitions',
    ({ cluster, topic }) => cluster.admin.setPartitionCount(topic, 3),
  ],
  [
    ['TOPIC', 'DESCRIBE_CONFIGS'],
    'describing a topic',
    ({ cluster, topic }) => cluster.admin.describeTopic(topic),
  ],
  [['GROUP', 'READ'], 'joining', ({ cluster, topic, group }) => cluster.join(group, [topic], nobody)],
  [['GROUP', 'DELETE'], 'deleting a group', ({ cluster, group }) => cluster.admin.deleteGroup(group)],
  [['TRANSACTIONAL_ID', 'WRITE'], 'a transaction', ({ cluster }) => cluster.transactor(`${PREFIX}fire`)],
]

const TRANSACTIONS = '__transaction_state'
/** Sees the topic behind transactions and nothing of the cluster. */
const OBSERVER = 'observer'

const nobody = { assigned: async () => undefined, revoked: async () => undefined, lost: () => undefined }
const userWithout = ([resource, operation]: Grant): string => `without-${resource}-${operation}`

describe.skipIf(missing !== undefined).each(versions)(`ACLs of Kafka %s${needs}`, version => {
  let kafka: KafkaServers
  const users = ['full', OBSERVER, ...GRANTS.map(userWithout)]

  const open = (username: string) =>
    openKafka({
      bootstrapServers: kafka.listener('SASL'),
      sasl: { mechanism: 'PLAIN', username, password: 'pw' },
      connectTimeoutMs: 2_000,
    })

  beforeAll(async () => {
    const logins = users.map(user => `user_${user}="pw"`).join(' ')
    kafka = await startKafka({
      version,
      listeners: { SASL: 'SASL_PLAINTEXT' },
      settings: {
        'authorizer.class.name': AUTHORIZER,
        'super.users': 'User:ANONYMOUS',
        'listener.name.sasl.sasl.enabled.mechanisms': 'PLAIN',
        'listener.name.sasl.plain.sasl.jaas.config': `${LOGIN} ${logins};`,
      },
    })
    await grant(
      kafka,
      users
        .filter(user => user !== OBSERVER)
        .flatMap(user =>
          GRANTS.filter(allowed => userWithout(allowed) !== user).map(allowed => toAcl(user, allowed)),
        ),
    )
    const ofTransactions = { resourceName: TRANSACTIONS, resourcePatternType: ResourcePatternTypes.LITERAL }
    await grant(kafka, [
      { ...toAcl(OBSERVER, ['TOPIC', 'DESCRIBE_CONFIGS']), ...ofTransactions },
      { ...toAcl(OBSERVER, ['TOPIC', 'DESCRIBE']), ...ofTransactions },
    ])
    await using owner = await openKafka({ bootstrapServers: kafka.bootstrapServers })
    await owner.cluster.admin.createTopic({ topic: `${PREFIX}shared`, partitions: 2 })
    await owner.cluster.admin.setCommitted(`${PREFIX}idle`, at(`${PREFIX}shared`, 0))
  }, 120_000)
  afterAll(() => kafka[Symbol.asyncDispose]())

  test('what transactions stand on is told with rights on their topic, before it is made with one on the cluster', async () => {
    await using ours = await open(OBSERVER)
    await using owner = await openKafka({ bootstrapServers: kafka.bootstrapServers })
    const { admin } = ours.cluster

    expect(await admin.describeTransactions()).toEqual({
      topic: TRANSACTIONS,
      unseenWithout: 'DescribeConfigs on the cluster, as the topic is not made yet',
    })
    await (await owner.cluster.transactor('first')).close()
    await eventually(async () =>
      expect(await admin.describeTransactions()).toMatchObject({ replication: { factor: 1, minInsync: 1 } }),
    )
  })

  test('a user with exactly these can use the whole engine', async () => {
    await using ours = await open('full')
    const { cluster } = ours
    const topic = `${PREFIX}own`
    const group = `${PREFIX}group`
    await cluster.admin.createTopic({ topic, partitions: 1 })
    await cluster.admin.setPartitionCount(topic, 2)
    await appendTo(cluster, topic)
    await readFrom(cluster, topic)
    expect(await cluster.identity(topic, '0')).toMatchObject({ startOffset: 0, endOffset: 1 })
    const member = await cluster.join(group, [topic], nobody)
    await eventually(() => expect(member.assignment()).toHaveLength(2))
    await member.commit(at(topic, 1))
    await cluster.admin.setCommitted(group, at(topic, 0))
    await member.leave(AbortSignal.timeout(10_000))
    await cluster.admin.setCommitted(group, at(topic, 1))
    expect(await cluster.admin.lag(group, topic)).toMatchObject([{ lag: 0 }, { lag: 0 }])
    const transactor = await cluster.transactor(`${PREFIX}fire`)
    await transactor.commit([{ topic, partition: '0', records: [record()] }], {
      ...CALL,
      offsets: { group, offsets: at(topic, 2) },
    })
    await transactor.close()
    // Of the topic behind transactions nothing is needed, only good to know.
    expect(await cluster.admin.describeTransactions()).toEqual({
      topic: TRANSACTIONS,
      unseenWithout: 'Describe and DescribeConfigs on the topic',
    })
    expect(await cluster.admin.committed(group)).toMatchObject([{ offset: 2 }])
    expect(await cluster.admin.listGroups()).toContain(group)
    expect(await cluster.admin.listTopics()).toContain(topic)
    await cluster.admin.deleteGroup(group)
    await cluster.admin.deleteTopic(topic)
    expect(cluster.health()).toEqual({ ok: true })
    // Of the brokers' own settings nothing is needed, only good to know.
    expect(ours.complaints().map(({ msg }) => msg)).toEqual([
      expect.stringMatching(/may not see offsets\.retention\.minutes \(ACL DescribeConfigs on the cluster\)/),
    ])
  }, 90_000)

  test.each(NEEDS)('without %j: %s fails and says so', async (missingGrant, _what, use) => {
    await using ours = await open(userWithout(missingGrant))
    const error: { kind?: StorageErrorKind; message?: string } = await use({
      cluster: ours.cluster,
      topic: `${PREFIX}shared`,
      group: `${PREFIX}idle`,
    }).then(
      () => ({}),
      (thrown: unknown) => Object(thrown),
    )
    expect(error.kind).toBe('unavailable')
    expect(error.message).toMatch(/_AUTHORIZATION_FAILED/)
  })

  test('a topic of others is not ours to write', async () => {
    await using owner = await openKafka({ bootstrapServers: kafka.bootstrapServers })
    await owner.cluster.admin.createTopic({ topic: `theirs-${version}`, partitions: 1 })
    await using ours = await open('full')
    await expect(appendTo(ours.cluster, `theirs-${version}`)).rejects.toMatchObject({ kind: 'unavailable' })
    expect(await ours.cluster.admin.listTopics()).not.toContain(`theirs-${version}`)
  })

  test('a right that is given later is used without a restart', async () => {
    const right: Grant = ['TOPIC', 'WRITE']
    await using ours = await open(userWithout(right))
    await expect(appendTo(ours.cluster, `${PREFIX}shared`)).rejects.toMatchObject({ kind: 'unavailable' })
    await grant(kafka, [toAcl(userWithout(right), right)])
    await eventually(() => appendTo(ours.cluster, `${PREFIX}shared`))
  })
})

function record() {
  return { key: null, value: Buffer.from('v'), headers: [], timestampMs: Date.now() }
}

function at(topic: string, offset: number): readonly CommittedOffset[] {
  return [{ topic, partition: '0', offset, metadata: '' }]
}

async function appendTo(cluster: KafkaCluster, topic: string): Promise<void> {
  const [outcome] = await cluster.append([{ topic, partition: '0', records: [record()] }], CALL)
  if (outcome !== undefined && 'error' in outcome) throw outcome.error
}

async function readFrom(cluster: KafkaCluster, topic: string): Promise<void> {
  const limits = { maxBytes: 1000, maxWaitMs: 0 }
  const [result] = await cluster.read([{ topic, partition: '0', offset: 0 }], limits, CALL)
  if (result?.error !== undefined) throw result.error
}

function toAcl(user: string, [resource, operation]: Grant): Acl {
  return {
    resourceType: ResourceTypes[resource],
    resourceName: PREFIX,
    resourcePatternType: ResourcePatternTypes.PREFIXED,
    principal: `User:${user}`,
    host: '*',
    operation: AclOperations[operation],
    permissionType: AclPermissionTypes.ALLOW,
  }
}

async function grant(kafka: KafkaServers, acls: Acl[]): Promise<void> {
  const connection = new Connection('tester')
  const [host = '', port] = kafka.directServers.split(':')
  await connection.connect(host, Number(port))
  await createAclsV3.api.async(connection, acls)
  await connection.close()
}
