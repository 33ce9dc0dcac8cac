import { expect, test } from 'vitest'
import { append, CALL, errorKind, keyed, newTopic, readAll, record, text } from './fixture.ts'
import type { SuiteContext } from './harness.ts'

/** What holds whenever an engine compacts: the latest record of each key is there, in offset order, at its offset. */
export function compactionSuite(context: SuiteContext): void {
  test('keeps the latest record of every key, at its offset and in order', async () => {
    const topic = await newTopic(context.cluster, { compacted: true })
    const records = [keyed('a', '1'), keyed('b', '1'), keyed('a', '2'), keyed('c', '1'), keyed('b', null)]
    for (const each of records) await append(context.cluster, { topic, partition: '0', records: [each] })

    const stored = await readAll(context.cluster, topic)

    const latest = new Map(stored.map(({ offset, key, value }) => [text(key), [offset, text(value)]]))
    expect(Object.fromEntries(latest)).toEqual({ a: [2, '2'], b: [4, null], c: [3, '1'] })
    const offsets = stored.map(({ offset }) => offset)
    expect(offsets).toEqual(offsets.toSorted((a, b) => a - b))
  })

  test('can be read from any offset to the end', async () => {
    const topic = await newTopic(context.cluster, { compacted: true })
    const records = Array.from({ length: 50 }, (_, index) => keyed(`k${index % 5}`, String(index)))
    await append(context.cluster, { topic, partition: '0', records })

    for (const from of [0, 7, 44, 45, 47, 49]) {
      const stored = await readAll(context.cluster, topic, '0', from)
      const survivors = [45, 46, 47, 48, 49].filter(offset => offset >= from)
      expect(stored.map(({ offset }) => offset)).toEqual(expect.arrayContaining(survivors))
      expect(stored.every(({ offset }) => offset >= from)).toBe(true)
    }
  })

  test('keeps the end of the log when the last records are replaced', async () => {
    const topic = await newTopic(context.cluster, { compacted: true })
    await append(context.cluster, { topic, partition: '0', records: [keyed('a', '1'), keyed('a', '2')] })

    const [baseOffset] = await append(context.cluster, { topic, partition: '0', records: [keyed('a', '3')] })

    expect(baseOffset).toBe(2)
    expect((await context.cluster.identity(topic, '0')).endOffset).toBe(3)
  })

  test('is what was read of it, also when all that was read then is replaced', async () => {
    const topic = await newTopic(context.cluster, { compacted: true })
    await append(context.cluster, { topic, partition: '0', records: [keyed('a', '1'), keyed('b', '1')] })
    const { epoch } = await context.cluster.identity(topic, '0')

    context.use(await context.harness.reopen(context.cluster))
    await append(context.cluster, { topic, partition: '0', records: [keyed('a', null), keyed('b', '2')] })
    context.use(await context.harness.reopen(context.cluster))

    expect(await context.cluster.endOfEpoch(topic, '0', epoch)).toBeGreaterThanOrEqual(2)
  })

  test('refuses a record without a key', async () => {
    const topic = await newTopic(context.cluster, { compacted: true })

    const [outcome] = await context.cluster.append(
      [{ topic, partition: '0', records: [record('no key')] }],
      CALL,
    )

    expect(errorKind(outcome)).toBe('invalid')
  })
}
