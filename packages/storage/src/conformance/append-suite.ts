import { expect, test } from 'vitest'
import {
  append,
  appendTexts,
  CALL,
  errorKind,
  header,
  newTopic,
  readAll,
  record,
  text,
  texts,
  until,
} from './fixture.ts'
import type { SuiteContext } from './harness.ts'

// oxlint-disable-next-line max-lines-per-function -- a list of tests
export function appendSuite(context: SuiteContext): void {
  test('gives consecutive offsets from 0, in the order of the records and of the calls', async () => {
    const topic = await newTopic(context.cluster)

    const first = await appendTexts(context.cluster, topic, 'a', 'b', 'c')
    const second = await appendTexts(context.cluster, topic, 'd')

    expect([first, second]).toEqual([0, 3])
    const stored = await readAll(context.cluster, topic)
    expect(stored.map(({ offset, value }) => [offset, text(value)])).toEqual([
      [0, 'a'],
      [1, 'b'],
      [2, 'c'],
      [3, 'd'],
    ])
  })

  test('keeps the order of calls that are in flight together', async () => {
    const topic = await newTopic(context.cluster)
    const lane = context.cluster.appendLane(topic, '0')

    const offsets = []
    for (let round = 0; round < 5; round++)
      offsets.push(await appendTexts(context.cluster, topic, `x${round}`))

    expect(lane).toBeTypeOf('string')
    expect(offsets).toEqual([0, 1, 2, 3, 4])
    expect(texts(await readAll(context.cluster, topic))).toEqual(['x0', 'x1', 'x2', 'x3', 'x4'])
  })

  test('answers each append of a call on its own, in order', async () => {
    const topic = await newTopic(context.cluster, { partitions: 2 })

    const outcomes = await context.cluster.append(
      [
        { topic, partition: '0', records: [record('ok')] },
        { topic: `${topic}-missing`, partition: '0', records: [record('lost')] },
        { topic, partition: '7', records: [record('lost')] },
        { topic, partition: '1', records: [record('ok')] },
        { topic, partition: '0', records: [] },
        { topic, partition: '0', records: [record('second')] },
      ],
      CALL,
    )

    expect(outcomes).toHaveLength(6)
    expect(outcomes[0]).toEqual({ baseOffset: 0 })
    expect(errorKind(outcomes[1])).toBe('unknownTopic')
    expect(errorKind(outcomes[2])).toBe('unknownTopic')
    expect(outcomes[3]).toEqual({ baseOffset: 0 })
    expect(errorKind(outcomes[4])).toBe('invalid')
    expect(outcomes[5]).toEqual({ baseOffset: 1 })
  })

  test('stores null and empty keys and values as they are', async () => {
    const topic = await newTopic(context.cluster)
    const empty = Buffer.alloc(0)
    const records = [
      record(null),
      record('', { key: empty }),
      record('value', { key: Buffer.from('key') }),
      record(null, { key: Buffer.from('key') }),
    ]

    await append(context.cluster, { topic, partition: '0', records })

    const stored = await readAll(context.cluster, topic)
    expect(stored.map(({ key, value }) => [text(key), text(value)])).toEqual([
      [null, null],
      ['', ''],
      ['key', 'value'],
      ['key', null],
    ])
  })

  test('keeps order and duplicates of headers, and any bytes in them', async () => {
    const topic = await newTopic(context.cluster)
    const bytes = Buffer.from([0, 255, 128, 10])
    const headers = [header('b', '1'), header('a', ''), header('b', '2'), { name: 'näme-✓', value: bytes }]
    const long = { name: 'n'.repeat(1000), value: Buffer.alloc(20_000, 7) }

    await append(context.cluster, {
      topic,
      partition: '0',
      records: [record('v', { headers: [...headers, long] })],
    })

    const [stored] = await readAll(context.cluster, topic)
    expect(stored?.headers.map(({ name, value }) => [name, Buffer.from(value)])).toEqual([
      ...headers.map(({ name, value }) => [name, Buffer.from(value)]),
      [long.name, long.value],
    ])
  })

  test('keeps the timestamp of a record', async () => {
    const topic = await newTopic(context.cluster)
    const timestampMs = Date.now() - 86_400_000

    await append(context.cluster, { topic, partition: '0', records: [record('v', { timestampMs })] })

    const [stored] = await readAll(context.cluster, topic)
    expect(stored?.timestampMs).toBe(timestampMs)
  })

  test.each([false, true])(
    'gives records the time of their append where the topic says so (compacted: %j)',
    async compacted => {
      const topic = await newTopic(context.cluster, { appendTime: true, compacted })
      const startMs = Date.now()
      const cameWith = [startMs - 86_400_000, startMs - 172_800_000, 0, startMs + 1_000]

      for (const [index, timestampMs] of cameWith.entries()) {
        const key = Buffer.from(`${index}`)
        await append(context.cluster, {
          topic,
          partition: '0',
          records: [record('v', { key, timestampMs }), record('w', { key: Buffer.from('k'), timestampMs })],
        })
        await until(() => expect(Date.now()).toBeGreaterThan(startMs + index))
      }
      context.use(await context.harness.reopen(context.cluster))

      const stored = await readAll(context.cluster, topic)
      const times = stored.map(({ timestampMs }) => timestampMs)
      expect(times.length).toBeGreaterThanOrEqual(5)
      expect(times).toEqual(times.toSorted((a, b) => a - b))
      expect(Math.min(...times)).toBeGreaterThanOrEqual(startMs)
      const before = await context.cluster.admin.offsets(topic, { timeMs: startMs })
      expect(before).toEqual([{ topic, partition: '0', offset: stored[0]?.offset }])
    },
  )

  test('stores values from 0 B to 4 MiB', async () => {
    const topic = await newTopic(context.cluster)
    const large = Buffer.alloc(4 * 1024 * 1024, 'large')

    await append(context.cluster, {
      topic,
      partition: '0',
      records: [record(''), record(null, { value: large }), record('end')],
    })

    const stored = await readAll(context.cluster, topic)
    expect(stored.map(({ value }) => value?.length)).toEqual([0, large.length, 3])
    expect(Buffer.compare(stored[1]?.value ?? Buffer.alloc(0), large)).toBe(0)
  })

  test('refuses a record over the limit as too large, and stores the others', async () => {
    const topic = await newTopic(context.cluster)
    const huge = Buffer.alloc(64 * 1024 * 1024)

    const outcomes = await context.cluster.append(
      [{ topic, partition: '0', records: [record(null, { value: huge })] }],
      CALL,
    )
    const next = await appendTexts(context.cluster, topic, 'fits')

    expect(errorKind(outcomes[0])).toBe('tooLarge')
    expect(next).toBe(0)
  })

  test('spreads one call over 1,000 partitions', async () => {
    const topic = await newTopic(context.cluster, { partitions: 1000 })
    const partitions = await context.cluster.partitions(topic)
    const appends = partitions.map(partition => ({
      topic,
      partition,
      records: [record(partition), record('2')],
    }))

    const baseOffsets = await append(context.cluster, ...appends)

    expect(partitions).toHaveLength(1000)
    expect(new Set(baseOffsets)).toEqual(new Set([0]))
    const positions = partitions.map(partition => ({ topic, partition, offset: 0 }))
    const results = await context.cluster.read(positions, { maxBytes: 10_000_000, maxWaitMs: 1000 }, CALL)
    expect(results.map(({ partition, records }) => [partition, text(records[0]?.value ?? null)])).toEqual(
      partitions.map(partition => [partition, partition]),
    )
    // So many logs would make each later start of a server long.
    await context.cluster.admin.deleteTopic(topic)
  })
}
