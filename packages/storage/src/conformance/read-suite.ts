import { expect, test } from 'vitest'
import type { ReadResult } from '../port/cluster.ts'
import { append, appendTexts, CALL, NOW, newTopic, readAll, record, texts } from './fixture.ts'
import type { SuiteContext } from './harness.ts'

// oxlint-disable-next-line max-lines-per-function -- a list of tests
export function readSuite(context: SuiteContext): void {
  test('starts at any offset, also inside what was appended together', async () => {
    const topic = await newTopic(context.cluster)
    await appendTexts(context.cluster, topic, 'a', 'b', 'c', 'd')

    for (const offset of [0, 1, 2, 3]) {
      const [result] = await context.cluster.read([{ topic, partition: '0', offset }], NOW, CALL)
      expect(result).toMatchObject({ topic, partition: '0', nextOffset: 4, endOffset: 4 })
      expect(texts(result?.records ?? [])).toEqual(['a', 'b', 'c', 'd'].slice(offset))
    }
  })

  test('answers nothing at the end of the log, and where that is', async () => {
    const topic = await newTopic(context.cluster)
    await appendTexts(context.cluster, topic, 'a')

    const [result] = await context.cluster.read([{ topic, partition: '0', offset: 1 }], NOW, CALL)

    const { epoch } = await context.cluster.identity(topic, '0')
    expect(result).toEqual({ topic, partition: '0', records: [], nextOffset: 1, endOffset: 1, epoch })
  })

  test('refuses positions outside the log, each on its own', async () => {
    const topic = await newTopic(context.cluster, { partitions: 2 })
    await append(context.cluster, { topic, partition: '1', records: [record('here')] })

    const [outside, inside, missing] = await context.cluster.read(
      [
        { topic, partition: '0', offset: 5 },
        { topic, partition: '1', offset: 0 },
        { topic: `${topic}-missing`, partition: '0', offset: 0 },
      ],
      NOW,
      CALL,
    )

    expect(outside?.error?.kind).toBe('offsetOutOfRange')
    expect(outside?.records).toEqual([])
    expect(texts(inside?.records ?? [])).toEqual(['here'])
    expect(missing?.error?.kind).toBe('unknownTopic')
  })

  test('keeps to the limit of bytes over all positions, but always answers a record', async () => {
    const topic = await newTopic(context.cluster, { partitions: 2 })
    const value = Buffer.alloc(50_000)
    const records = Array.from({ length: 20 }, () => record(null, { value }))
    for (const partition of ['0', '1']) await append(context.cluster, { topic, partition, records })
    const positions = ['0', '1'].map(partition => ({ topic, partition, offset: 0 }))

    const within = await context.cluster.read(positions, { maxBytes: 300_000, maxWaitMs: 0 }, CALL)
    const single = await context.cluster.read(positions, { maxBytes: 1, maxWaitMs: 0 }, CALL)

    const count = (results: typeof within): number =>
      results.reduce((sum, { records: found }) => sum + found.length, 0)
    expect(count(within)).toBeGreaterThan(1)
    expect(count(within)).toBeLessThan(40)
    expect(count(single)).toBeGreaterThanOrEqual(1)
    for (const { nextOffset, records: found } of within) expect(nextOffset).toBe(found.length)
  })

  test('waits for a record and answers when it comes', async () => {
    const topic = await newTopic(context.cluster, { partitions: 3 })
    const positions = ['0', '1', '2'].map(partition => ({ topic, partition, offset: 0 }))

    const reading = context.cluster.read(positions, { maxBytes: 1000, maxWaitMs: 10_000 }, CALL)
    await append(context.cluster, { topic, partition: '1', records: [record('news')] })
    const results = await reading

    expect(texts(results[1]?.records ?? [])).toEqual(['news'])
  })

  test('ends a wait when its signal aborts', async () => {
    const topic = await newTopic(context.cluster)
    const abort = new AbortController()

    const reading = context.cluster.read(
      [{ topic, partition: '0', offset: 0 }],
      { maxBytes: 1000, maxWaitMs: 600_000 },
      { deadlineMs: 600_000, signal: abort.signal },
    )
    abort.abort()
    const [result] = await reading.catch(() => [])

    expect(result?.records ?? []).toEqual([])
  })

  test('answers the same before and after a reopen', async () => {
    const topic = await newTopic(context.cluster)
    await appendTexts(context.cluster, topic, 'a', 'b')
    await appendTexts(context.cluster, topic, 'c')
    const before = await readAll(context.cluster, topic)

    context.use(await context.harness.reopen(context.cluster))

    const after = await readAll(context.cluster, topic)
    expect(after.map(({ offset, value, timestampMs }) => [offset, value, timestampMs])).toEqual(
      before.map(({ offset, value, timestampMs }) => [offset, value, timestampMs]),
    )
    expect(await appendTexts(context.cluster, topic, 'd')).toBe(3)
  })

  test.runIf('crash' in context.harness)('keeps what was acknowledged over a crash', async () => {
    const topic = await newTopic(context.cluster)
    await appendTexts(context.cluster, topic, 'a', 'b')
    const { epoch } = await context.cluster.identity(topic, '0')

    const crashed = await context.harness.crash?.(context.cluster)
    if (crashed !== undefined) context.use(crashed)

    expect(texts(await readAll(context.cluster, topic))).toEqual(['a', 'b'])
    await appendTexts(context.cluster, topic, 'c')
    expect((await context.cluster.identity(topic, '0')).epoch).toBeGreaterThanOrEqual(epoch)
    expect(await context.cluster.endOfEpoch(topic, '0', epoch)).toBeGreaterThanOrEqual(2)
  })

  test('answers an end beyond all that was acknowledged before, when the leader is asked', async () => {
    const topic = await newTopic(context.cluster)
    const read = async (offset: number, maxWaitMs: number): Promise<ReadResult | undefined> => {
      const limits = { maxBytes: 1_000_000, maxWaitMs, fromLeader: true }
      const [result] = await context.cluster.read([{ topic, partition: '0', offset }], limits, CALL)
      return result
    }

    for (let count = 1; count <= 20; count++) {
      // A poll that somebody else began may not answer for those that ask later.
      const early = read(count - 1, 5_000)
      await appendTexts(context.cluster, topic, `${count}`)
      const result = await read(count - 1, count % 2 === 0 ? 0 : 5_000)
      await early

      expect(result).toMatchObject({ nextOffset: count, endOffset: count })
      expect(result?.epoch).toBe((await context.cluster.identity(topic, '0')).epoch)
    }
    expect(await read(20, 0)).toMatchObject({ records: [], nextOffset: 20, endOffset: 20 })
  })

  test('says of a log that lost nothing that it is what was read of it, over appends and a reopen', async () => {
    const topic = await newTopic(context.cluster)
    const positions: { readonly epoch: number; readonly offset: number }[] = []
    for (const value of ['a', 'b', 'c']) {
      await appendTexts(context.cluster, topic, value)
      const offset = positions.length
      const [result] = await context.cluster.read([{ topic, partition: '0', offset }], NOW, CALL)
      positions.push({ epoch: result?.epoch ?? -1, offset: result?.nextOffset ?? -1 })
      context.use(await context.harness.reopen(context.cluster))
    }

    expect(positions.map(({ offset }) => offset)).toEqual([1, 2, 3])
    for (const { epoch, offset } of positions) {
      const end = await context.cluster.endOfEpoch(topic, '0', epoch)
      expect(end).toBeGreaterThanOrEqual(offset)
      expect(end).toBeLessThanOrEqual(3)
    }
    const missing = context.cluster.endOfEpoch(`${topic}-missing`, '0', 1)
    await expect(missing).rejects.toMatchObject({ kind: 'unknownTopic' })
  })

  test('tells which log it is: the topic, the epoch, start and end', async () => {
    const topic = await newTopic(context.cluster)
    await appendTexts(context.cluster, topic, 'a')
    const before = await context.cluster.identity(topic, '0')

    context.use(await context.harness.reopen(context.cluster))

    const after = await context.cluster.identity(topic, '0')
    expect(before).toMatchObject({ startOffset: 0, endOffset: 1 })
    expect(after).toMatchObject({ topicId: before.topicId, startOffset: 0, endOffset: 1 })
    expect(after.epoch).toBeGreaterThanOrEqual(before.epoch)
  })
}
