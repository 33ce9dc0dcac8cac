import { expect, test } from 'vitest'
import type { StorageError } from '../errors.ts'
import { append, appendTexts, CALL, NOW, newTopic, readAll, record, texts, until } from './fixture.ts'
import type { SuiteContext } from './harness.ts'

// oxlint-disable-next-line max-lines-per-function -- a list of tests
export function adminSuite(context: SuiteContext): void {
  const { capabilities } = context.harness

  test('creates, lists and describes a topic', async () => {
    const topic = await newTopic(context.cluster, {
      partitions: 3,
      retentionMs: 60_000,
      retentionBytes: 1_000_000,
    })

    const described = await context.cluster.admin.describeTopic(topic)

    expect(described).toMatchObject({ topic, partitions: 3, retentionMs: 60_000, retentionBytes: 1_000_000 })
    expect(described?.partitionIds).toEqual(await context.cluster.partitions(topic))
    expect(described?.topicId).toBe((await context.cluster.identity(topic, '0')).topicId)
    expect(await context.cluster.admin.listTopics()).toContain(topic)
    expect(await context.cluster.admin.describeTopic(`${topic}-missing`)).toBeUndefined()
  })

  test.runIf(capabilities.compaction)('describes a table, and how long it keeps tombstones', async () => {
    const { admin } = context.cluster
    const told = await newTopic(context.cluster, {
      compacted: true,
      appendTime: true,
      tombstoneRetentionMs: 7_200_000,
    })
    const plain = await newTopic(context.cluster)
    const untold = await newTopic(context.cluster, { compacted: true })

    expect(await admin.describeTopic(told)).toMatchObject({
      compacted: true,
      deletes: false,
      appendTime: true,
      tombstoneRetentionMs: 7_200_000,
    })
    expect(await admin.describeTopic(untold)).toMatchObject({
      compacted: true,
      appendTime: false,
      tombstoneRetentionMs: 86_400_000,
    })
    expect(await admin.describeTopic(plain)).toMatchObject({
      compacted: false,
      deletes: true,
      appendTime: false,
    })
  })

  test.each([
    { retentionMs: 0 },
    { retentionBytes: 0.5 },
    { compacted: true, tombstoneRetentionMs: -1 },
    { compacted: false, tombstoneRetentionMs: 60_000 },
  ])('refuses a topic with %j', async spec => {
    await expect(newTopic(context.cluster, spec)).rejects.toMatchObject({ kind: 'invalid' })
  })

  test('refuses a second topic of the same name', async () => {
    const topic = await newTopic(context.cluster)

    const second = context.cluster.admin.createTopic({ topic, partitions: 1 })

    await expect(second).rejects.toMatchObject({ kind: 'topicExists' } satisfies Partial<StorageError>)
  })

  test.each(['', '.', '..', 'with space', 'ümlaut', 'a/b', 'x'.repeat(250)])(
    'refuses the topic name %j',
    async topic => {
      await expect(context.cluster.admin.createTopic({ topic, partitions: 1 })).rejects.toMatchObject({
        kind: 'invalid',
      })
    },
  )

  test('takes every allowed character and 249 of them', async () => {
    const unique = `aZ09._-${Date.now()}`
    const topic = unique.padEnd(249, '-')

    await context.cluster.admin.createTopic({ topic, partitions: 1 })

    expect(await appendTexts(context.cluster, topic, 'v')).toBe(0)
    await context.cluster.admin.deleteTopic(topic)
  })

  test.each([0, -1, 1.5])('refuses %d partitions', async partitions => {
    const topic = `conformance.partitions.${Date.now()}`

    await expect(context.cluster.admin.createTopic({ topic, partitions })).rejects.toMatchObject({
      kind: 'invalid',
    })
  })

  test.runIf(capabilities.addPartitions)('adds partitions and never takes them away', async () => {
    const topic = await newTopic(context.cluster, { partitions: 2 })
    await appendTexts(context.cluster, topic, 'kept')

    await context.cluster.admin.setPartitionCount(topic, 4)

    await until(async () => expect(await context.cluster.partitions(topic)).toEqual(['0', '1', '2', '3']))
    await append(context.cluster, { topic, partition: '3', records: [record('new')] })
    expect(texts(await readAll(context.cluster, topic))).toEqual(['kept'])
    await expect(context.cluster.admin.setPartitionCount(topic, 1)).rejects.toMatchObject({ kind: 'invalid' })
  })

  test('deletes a topic with its records; another of the same name is another log', async () => {
    const topic = await newTopic(context.cluster)
    await appendTexts(context.cluster, topic, 'old')
    const before = await context.cluster.identity(topic, '0')

    await context.cluster.admin.deleteTopic(topic)

    const [gone] = await context.cluster.read([{ topic, partition: '0', offset: 0 }], NOW, CALL)
    expect(gone?.error?.kind).toBe('unknownTopic')
    expect(await context.cluster.admin.listTopics()).not.toContain(topic)
    await until(() => context.cluster.admin.createTopic({ topic, partitions: 1 }))
    const after = await context.cluster.identity(topic, '0')
    expect(after).toMatchObject({ startOffset: 0, endOffset: 0 })
    expect(after.topicId).not.toBe(before.topicId)
    expect(await readAll(context.cluster, topic)).toEqual([])
  })

  test('refuses what is asked of a topic that does not exist', async () => {
    const missing = `conformance.missing.${Date.now()}`
    const { cluster } = context

    await expect(cluster.admin.deleteTopic(missing)).rejects.toMatchObject({ kind: 'unknownTopic' })
    await expect(cluster.admin.setPartitionCount(missing, 2)).rejects.toMatchObject({ kind: 'unknownTopic' })
    await expect(cluster.admin.offsets(missing, 'latest')).rejects.toMatchObject({ kind: 'unknownTopic' })
    await expect(cluster.identity(missing, '0')).rejects.toMatchObject({ kind: 'unknownTopic' })
    await expect((async () => cluster.partitions(missing))()).rejects.toMatchObject({ kind: 'unknownTopic' })
  })

  test('answers the earliest and latest offset of every partition', async () => {
    const topic = await newTopic(context.cluster, { partitions: 2 })
    await appendTexts(context.cluster, topic, 'a', 'b')

    expect(await context.cluster.admin.offsets(topic, 'earliest')).toEqual([
      { topic, partition: '0', offset: 0 },
      { topic, partition: '1', offset: 0 },
    ])
    expect(await context.cluster.admin.offsets(topic, 'latest')).toEqual([
      { topic, partition: '0', offset: 2 },
      { topic, partition: '1', offset: 0 },
    ])
  })

  test.runIf(capabilities.offsetByTime)(
    'answers the first offset at or after a time, the end beyond the last',
    async () => {
      const topic = await newTopic(context.cluster)
      const t0 = Date.now() - 1_000_000
      const times = [10, 20, 20, 15, 40]
      for (const ms of times) {
        await append(context.cluster, {
          topic,
          partition: '0',
          records: [record('v', { timestampMs: t0 + ms })],
        })
      }

      const offsetAt = async (ms: number): Promise<number | undefined> =>
        (await context.cluster.admin.offsets(topic, { timeMs: t0 + ms }))[0]?.offset

      expect(await offsetAt(0)).toBe(0)
      expect(await offsetAt(10)).toBe(0)
      expect(await offsetAt(11)).toBe(1)
      expect(await offsetAt(21)).toBe(4)
      expect(await offsetAt(41)).toBe(5)
    },
  )

  test.runIf('enforceRetention' in context.harness)(
    'drops records that are too old, and refuses their offsets',
    async () => {
      const topic = await newTopic(context.cluster, { retentionMs: 5_000 })
      await appendTexts(context.cluster, topic, 'a', 'b')

      await context.harness.enforceRetention?.(context.cluster, topic, 20_000)

      const { startOffset, endOffset } = await context.cluster.identity(topic, '0')
      expect([startOffset, endOffset]).toEqual([2, 2])
      const [result] = await context.cluster.read([{ topic, partition: '0', offset: 0 }], NOW, CALL)
      expect(result?.error?.kind).toBe('offsetOutOfRange')
      expect(await appendTexts(context.cluster, topic, 'c')).toBe(2)
      expect(texts(await readAll(context.cluster, topic))).toEqual(['c'])
    },
  )

  test.runIf('enforceRetention' in context.harness)(
    'drops the oldest records of a log that is too large',
    async () => {
      const { retentionStepBytes = 10_000 } = context.harness
      const topic = await newTopic(context.cluster, { retentionBytes: 10 * retentionStepBytes })
      const value = Buffer.alloc(retentionStepBytes)
      for (let index = 0; index < 30; index++) {
        await append(context.cluster, { topic, partition: '0', records: [record(null, { value })] })
      }

      await context.harness.enforceRetention?.(context.cluster, topic, 0)

      const startOffset = await until(async () => {
        const identity = await context.cluster.identity(topic, '0')
        expect(identity.endOffset).toBe(30)
        expect(identity.startOffset).toBeGreaterThan(10)
        return identity.startOffset
      })
      expect(await readAll(context.cluster, topic)).toHaveLength(30 - startOffset)
    },
  )
}
