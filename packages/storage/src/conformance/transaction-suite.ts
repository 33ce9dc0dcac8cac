import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import type { LogCluster } from '../port/cluster.ts'
import type { LogRecord } from '../port/record.ts'
import { appendTexts, CALL, keyed, newTopic, readAll, record, text, texts, until } from './fixture.ts'
import type { SuiteContext } from './harness.ts'

// oxlint-disable-next-line max-lines-per-function -- a list of tests
export function transactionSuite(context: SuiteContext): void {
  test('commits to several partitions and a group at once', async () => {
    const topic = await newTopic(context.cluster, { partitions: 2 })
    const group = `conformance-${randomUUID()}`
    await appendTexts(context.cluster, topic, 'before')
    const transactor = await context.cluster.transactor(`tx-${randomUUID()}`)

    const baseOffsets = await transactor.commit(
      [
        { topic, partition: '0', records: [record('a'), record('b')] },
        { topic, partition: '1', records: [record('c')] },
      ],
      { ...CALL, offsets: { group, offsets: [{ topic, partition: '0', offset: 1, metadata: '' }] } },
    )

    expect(baseOffsets).toEqual([1, 0])
    await untilRead(context.cluster, topic, ['before', 'a', 'b'])
    await until(async () => expect(texts(await readAll(context.cluster, topic, '1'))).toEqual(['c']))
    await until(async () =>
      expect(await context.cluster.admin.committed(group)).toMatchObject([{ partition: '0', offset: 1 }]),
    )
    await transactor.close()
  })

  test('stores nothing of a transaction of which a part is refused, and is spent', async () => {
    const topic = await newTopic(context.cluster)
    const transactor = await context.cluster.transactor(`tx-${randomUUID()}`)

    const refused = transactor.commit(
      [
        { topic, partition: '0', records: [record('a')] },
        { topic: `${topic}-missing`, partition: '0', records: [record('b')] },
      ],
      CALL,
    )

    await expect(refused).rejects.toMatchObject({
      kind: 'unknownTopic',
      details: { topics: [`${topic}-missing`] },
    })
    expect(await readAll(context.cluster, topic)).toEqual([])
    await expect(
      transactor.commit([{ topic, partition: '0', records: [record('c')] }], CALL),
    ).rejects.toBeInstanceOf(Error)
    await transactor.close()
  })

  test('stores what is to be last with the rest, and answers its offsets behind the others', async () => {
    const [table, topic] = [await newTopic(context.cluster), await newTopic(context.cluster)]
    await appendTexts(context.cluster, table, 'before')
    const transactor = await context.cluster.transactor(`tx-${randomUUID()}`)

    const baseOffsets = await transactor.commit(
      [
        { topic, partition: '0', records: [record('a'), record('b')] },
        { topic, partition: '0', records: [record('c')] },
      ],
      {
        ...CALL,
        last: [
          { topic: table, partition: '0', records: [record('gone')] },
          { topic, partition: '0', records: [record('d')] },
        ],
      },
    )
    const again = await transactor.commit([], {
      ...CALL,
      last: [{ topic: table, partition: '0', records: [record('alone')] }],
    })

    expect(baseOffsets).toEqual([0, 2, 1, 3])
    expect(again[0]).toBeGreaterThan(1)
    await untilRead(context.cluster, topic, ['a', 'b', 'c', 'd'])
    await untilRead(context.cluster, table, ['before', 'gone', 'alone'])
    await transactor.close()
  })

  test('names all topics that are missing, also of what is last and of the offsets', async () => {
    const topic = await newTopic(context.cluster)
    const group = `conformance-${randomUUID()}`
    const transactor = await context.cluster.transactor(`tx-${randomUUID()}`)
    const missing = ['one', 'two', 'three'].map(name => `${topic}-${name}`)
    const [one = '', two = '', three = ''] = missing

    const refused = transactor.commit(
      [
        { topic: one, partition: '0', records: [record('a')] },
        { topic, partition: '0', records: [record('b')] },
      ],
      {
        ...CALL,
        last: [{ topic: two, partition: '0', records: [record('c')] }],
        offsets: { group, offsets: [{ topic: three, partition: '0', offset: 1, metadata: '' }] },
      },
    )

    await expect(refused).rejects.toMatchObject({ kind: 'unknownTopic', details: { topics: missing } })
    expect(await readAll(context.cluster, topic)).toEqual([])
    await transactor.close()
  })

  test('names the topic of a record that is too large, and of an append without a record', async () => {
    const [topic, other] = [await newTopic(context.cluster), await newTopic(context.cluster)]
    const commit = async (records: readonly LogRecord[]): Promise<readonly number[]> => {
      const transactor = await context.cluster.transactor(`tx-${randomUUID()}`)
      const appends = [
        { topic: other, partition: '0', records: [record('fits')] },
        { topic, partition: '0', records },
      ]
      try {
        return await transactor.commit(appends, CALL)
      } finally {
        await transactor.close()
      }
    }

    const tooLarge = commit([record(null, { value: Buffer.alloc(16 * 1024 * 1024) })])
    await expect(tooLarge).rejects.toMatchObject({ kind: 'tooLarge', details: { topics: [topic] } })
    await expect(commit([])).rejects.toMatchObject({ kind: 'invalid', details: { topics: [topic] } })
    await until(async () => expect(await readAll(context.cluster, other)).toEqual([]))
  })

  test('fences the older holder of an id', async () => {
    const topic = await newTopic(context.cluster)
    const id = `tx-${randomUUID()}`
    const older = await context.cluster.transactor(id)
    await older.commit([{ topic, partition: '0', records: [record('older')] }], CALL)

    const newer = await context.cluster.transactor(id)
    const late = older.commit([{ topic, partition: '0', records: [record('late')] }], CALL)

    await expect(late).rejects.toMatchObject({ kind: 'fenced' })
    await newer.commit([{ topic, partition: '0', records: [record('newer')] }], CALL)
    await untilRead(context.cluster, topic, ['older', 'newer'])
    await Promise.all([older.close(), newer.close()])
  })

  test('lets a second commit wait for the first', async () => {
    const topic = await newTopic(context.cluster)
    const transactor = await context.cluster.transactor(`tx-${randomUUID()}`)

    await Promise.all(
      ['a', 'b', 'c'].map(value =>
        transactor.commit([{ topic, partition: '0', records: [record(value)] }], CALL),
      ),
    )

    await until(async () => expect(texts(await readAll(context.cluster, topic))).toEqual(['a', 'b', 'c']))
    await transactor.close()
  })

  test.runIf(context.harness.capabilities.compaction)(
    'writes and tombstones keys of a compacted topic',
    async () => {
      const table = await newTopic(context.cluster, { compacted: true })
      const topic = await newTopic(context.cluster)
      const transactor = await context.cluster.transactor(`tx-${randomUUID()}`)
      await transactor.commit([{ topic: table, partition: '0', records: [keyed('id', 'pending')] }], CALL)

      await transactor.commit(
        [
          { topic, partition: '0', records: [record('fired')] },
          { topic: table, partition: '0', records: [keyed('id', null)] },
        ],
        CALL,
      )

      await until(async () => {
        const last = (await readAll(context.cluster, table)).at(-1)
        expect([text(last?.key ?? null), last?.value]).toEqual(['id', null])
      })
      await untilRead(context.cluster, topic, ['fired'])
      await transactor.close()
    },
  )
}

/** What a commit has stored is certain at once, and readable a moment later. */
async function untilRead(cluster: LogCluster, topic: string, expected: readonly string[]): Promise<void> {
  await until(async () => expect(texts(await readAll(cluster, topic))).toEqual(expected))
}
