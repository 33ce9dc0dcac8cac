import type { CommittedOffset } from '@ddmq/storage'
import type { KafkaCluster } from '@ddmq/storage/kafka'
import { eventually, type KafkaServers, kafkaMissing, startKafka } from '@ddmq/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openKafka } from './open-kafka.ts'

const missing = kafkaMissing()
const needs = missing === undefined ? '' : ` (needs Kafka 4.x: ${missing})`

const nobody = { assigned: async () => undefined, revoked: async () => undefined, lost: () => undefined }

describe.skipIf(missing !== undefined)(`positions of groups without members${needs}`, () => {
  let kafka: KafkaServers

  beforeAll(async () => {
    // The shortest that brokers can be told.
    kafka = await startKafka({
      settings: { 'offsets.retention.minutes': '1', 'offsets.retention.check.interval.ms': '1000' },
    })
  }, 120_000)
  afterAll(() => kafka[Symbol.asyncDispose]())

  test('are kept by a process that has to do with the group, and lost without one', async () => {
    await using ours = await openKafka({ bootstrapServers: kafka.bootstrapServers })
    const { cluster } = ours
    await cluster.admin.createTopic({ topic: 't', partitions: 2 })
    const positions: readonly CommittedOffset[] = [
      { topic: 't', partition: '0', offset: 7, metadata: 'seven' },
      { topic: 't', partition: '1', offset: 8, metadata: '' },
    ]
    const revoked: unknown[] = []
    const live = await cluster.join('live', ['t'], {
      ...nobody,
      revoked: async gone => void revoked.push(gone),
    })
    await commitAll(live, positions)
    const former = await cluster.join('served-before', ['t'], nobody)
    await commitAll(former, positions)
    await former.leave(AbortSignal.timeout(10_000))
    await cluster.admin.setCommitted('set-only', positions)
    {
      await using others = await openKafka({ bootstrapServers: kafka.bootstrapServers })
      await others.cluster.admin.setCommitted('looked-at', positions)
      await others.cluster.admin.setCommitted('nobody-cares', positions)
    }
    await cluster.admin.lag('looked-at', 't')

    await eventually(async () => expect(await cluster.admin.committed('nobody-cares')).toEqual([]), 110_000)

    const groups = ['set-only', 'served-before', 'looked-at', 'live']
    const kept = await Promise.all(groups.map(group => cluster.admin.committed(group)))
    expect(kept).toEqual(groups.map(() => positions))
    expect(revoked).toEqual([])
    expect(ours.complaints().map(({ msg }) => msg)).toEqual([
      expect.stringMatching(/offsets\.retention\.minutes is 1: .* 10080 or more are advised/),
    ])
    await live.leave(AbortSignal.timeout(10_000))
  }, 180_000)

  test('a position that is set in a group whose members left long ago lives as long as any', async () => {
    await using ours = await openKafka({ bootstrapServers: kafka.bootstrapServers })
    const { admin } = ours.cluster
    await admin.createTopic({ topic: 'u', partitions: 1 })
    const member = await ours.cluster.join('old', ['u'], nobody)
    await commitAll(member, [{ topic: 'u', partition: '0', offset: 1, metadata: '' }])
    await member.leave(AbortSignal.timeout(10_000))

    await admin.setCommitted('old', [{ topic: 'u', partition: '0', offset: 3, metadata: '' }])

    expect(await admin.committed('old')).toMatchObject([{ offset: 3 }])
    expect(await admin.members('old')).toEqual([])
    await admin.deleteGroup('old')
  })
})

async function commitAll(
  member: Awaited<ReturnType<KafkaCluster['join']>>,
  positions: readonly CommittedOffset[],
): Promise<void> {
  await eventually(() => expect(member.assignment()).toHaveLength(positions.length))
  await member.commit(positions)
}
