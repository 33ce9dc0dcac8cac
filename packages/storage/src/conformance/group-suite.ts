import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import type { TopicPartition } from '../port/record.ts'
import { appendTexts, joinAs, newTopic, until, Watcher } from './fixture.ts'
import type { SuiteContext } from './harness.ts'

// oxlint-disable-next-line max-lines-per-function -- a list of tests
export function groupSuite(context: SuiteContext): void {
  test('gives every partition to a single member, with nothing committed', async () => {
    const topic = await newTopic(context.cluster, { partitions: 3 })

    const member = await joinAs(context.cluster, newGroup(), [topic])

    await until(() => expect(member.held()).toEqual(['0', '1', '2']))
    await until(() =>
      expect(member.starts.map(({ committed }) => committed)).toEqual([undefined, undefined, undefined]),
    )
    await member.leave()
  })

  test('stores offsets and metadata, and starts the next member there', async () => {
    const topic = await newTopic(context.cluster)
    const group = newGroup()
    await appendTexts(context.cluster, topic, 'a', 'b', 'c')
    const first = await joinAs(context.cluster, group, [topic])
    await until(() => expect(first.held()).toEqual(['0']))
    const metadata = context.harness.capabilities.commitMetadata ? 'where I am' : ''

    await first.membership?.commit([{ topic, partition: '0', offset: 2, metadata }])

    expect(await context.cluster.admin.committed(group)).toEqual([
      { topic, partition: '0', offset: 2, metadata },
    ])
    expect(await context.cluster.admin.lag(group, topic)).toEqual([
      { topic, partition: '0', committedOffset: 2, endOffset: 3, lag: 1 },
    ])
    await first.leave()
    const second = await joinAs(context.cluster, group, [topic])
    await until(() => expect(second.starts[0]?.committed?.offset).toBe(2))
    await second.leave()
  })

  test('keeps committed offsets over a reopen', async () => {
    const topic = await newTopic(context.cluster)
    const group = newGroup()
    await appendTexts(context.cluster, topic, 'a')
    await context.cluster.admin.setCommitted(group, [{ topic, partition: '0', offset: 1, metadata: '' }])

    context.use(await context.harness.reopen(context.cluster))

    expect(await context.cluster.admin.committed(group, topic)).toEqual([
      { topic, partition: '0', offset: 1, metadata: '' },
    ])
    expect(await context.cluster.admin.listGroups()).toContain(group)
  })

  test('counts the lag of a group that never committed from the start of the log', async () => {
    const topic = await newTopic(context.cluster)
    await appendTexts(context.cluster, topic, 'a', 'b')

    expect(await context.cluster.admin.lag(newGroup(), topic)).toEqual([
      { topic, partition: '0', committedOffset: -1, endOffset: 2, lag: 2 },
    ])
    expect(await context.cluster.admin.committed(newGroup())).toEqual([])
  })

  test('spreads partitions evenly and takes them back when a member leaves', async () => {
    const topic = await newTopic(context.cluster, { partitions: 6 })
    const group = newGroup()

    const first = await joinAs(context.cluster, group, [topic])
    await until(() => expect(first.held()).toHaveLength(6))
    const second = await joinAs(context.cluster, group, [topic])

    await until(() => expect([first.held().length, second.held().length]).toEqual([3, 3]))
    expect([...first.held(), ...second.held()].toSorted()).toEqual(['0', '1', '2', '3', '4', '5'])
    expect(await context.cluster.admin.members(group)).toHaveLength(2)
    await first.leave()
    await until(() => expect(second.held()).toHaveLength(6))
    await second.leave()
  })

  test.each([false, true])(
    'gives what a member leaves behind to those that prefer it (the other way round: %j)',
    async isReversed => {
      const topic = await newTopic(context.cluster, { partitions: 6 })
      const group = newGroup()
      const one = await joinAs(context.cluster, group, [topic])
      await until(() => expect(one.held()).toHaveLength(6))
      const [two, three] = [new Watcher(), new Watcher()]
      const preferred = new Map<Watcher, string>()
      for (const watcher of [two, three]) {
        const prefers = (): readonly TopicPartition[] => [
          { topic, partition: preferred.get(watcher) ?? 'none yet' },
        ]
        watcher.membership = await context.cluster.join(group, [topic], watcher, { prefers })
      }
      await until(() => {
        expect(one.held()).toHaveLength(2)
        expect([two.held().length, three.held().length]).toEqual([2, 2])
      })
      const [left = '', right = ''] = isReversed ? one.held().toReversed() : one.held()
      preferred.set(two, left).set(three, right)

      await one.leave()

      await until(() => {
        expect([two.held().length, three.held().length]).toEqual([3, 3])
        expect(two.held()).toContain(left)
        expect(three.held()).toContain(right)
      })
      await Promise.all([two.leave(), three.leave()])
    },
  )

  test('gives a partition to another member only after its holder has drained', async () => {
    const topic = await newTopic(context.cluster, { partitions: 2 })
    const group = newGroup()
    await appendTexts(context.cluster, topic, 'a')
    const drained = Promise.withResolvers<void>()
    const first = new Watcher()
    first.onRevoked = async partitions => {
      await drained.promise
      await first.membership?.commit(partitions.map(at => ({ ...at, offset: 1, metadata: '' })))
    }
    await joinAs(context.cluster, group, [topic], first)
    await until(() => expect(first.held()).toEqual(['0', '1']))

    const second = await joinAs(context.cluster, group, [topic])
    const heldWhileDraining = second.held()
    drained.resolve()

    await until(() => expect(second.held()).toHaveLength(1))
    expect(heldWhileDraining).toEqual([])
    await until(() => expect(second.starts[0]?.committed?.offset).toBe(1))
    first.onRevoked = async () => undefined
    await Promise.all([first.leave(), second.leave()])
  })

  test('refuses the commit of a partition that is another member’s', async () => {
    const topic = await newTopic(context.cluster, { partitions: 2 })
    const group = newGroup()
    const first = await joinAs(context.cluster, group, [topic])
    await until(() => expect(first.held()).toHaveLength(2))
    const second = await joinAs(context.cluster, group, [topic])
    await until(() => expect(second.held()).toHaveLength(1))
    const [theirs = ''] = second.held()
    const [mine = ''] = first.held()

    const both = first.membership?.commit([
      { topic, partition: mine, offset: 0, metadata: '' },
      { topic, partition: theirs, offset: 0, metadata: '' },
    ])

    await expect(both).rejects.toMatchObject({ kind: 'fenced' })
    expect(await context.cluster.admin.committed(group)).toEqual([])
    await Promise.all([first.leave(), second.leave()])
  })

  test('refuses a commit after leaving', async () => {
    const topic = await newTopic(context.cluster)
    const member = await joinAs(context.cluster, newGroup(), [topic])
    await until(() => expect(member.held()).toEqual(['0']))

    await member.leave()

    expect(member.revocations).toEqual(['0'])
    const late = member.membership?.commit([{ topic, partition: '0', offset: 0, metadata: '' }])
    await expect(late).rejects.toMatchObject({ kind: 'fenced' })
  })

  test('tells a live member of positions set from outside', async () => {
    const topic = await newTopic(context.cluster, { partitions: 2 })
    const group = newGroup()
    await appendTexts(context.cluster, topic, 'a', 'b')
    const member = await joinAs(context.cluster, group, [topic])
    await until(() => expect(member.held()).toEqual(['0', '1']))

    await context.cluster.admin.setCommitted(group, [{ topic, partition: '0', offset: 1, metadata: '' }])

    await until(() =>
      expect(member.starts.at(-1)).toMatchObject({ partition: '0', committed: { offset: 1 } }),
    )
    expect(member.revocations).toContain('0')
    await until(() => expect(member.held()).toEqual(['0', '1']))
    await member.leave()
  })

  test.runIf(context.harness.capabilities.addPartitions)('gives out partitions that are added', async () => {
    const topic = await newTopic(context.cluster)
    const member = await joinAs(context.cluster, newGroup(), [topic])
    await until(() => expect(member.held()).toEqual(['0']))

    await context.cluster.admin.setPartitionCount(topic, 3)

    await until(() => expect(member.held()).toEqual(['0', '1', '2']))
    await member.leave()
  })

  test('gives out a topic that is created after its member came', async () => {
    const topic = `conformance.later.${randomUUID()}`
    const member = await joinAs(context.cluster, newGroup(), [topic])

    await context.cluster.admin.createTopic({ topic, partitions: 1 })

    await until(() => expect(member.held()).toEqual(['0']))
    await member.leave()
  })

  test('forgets a group without members, and refuses while it has some', async () => {
    const topic = await newTopic(context.cluster)
    const group = newGroup()
    const member = await joinAs(context.cluster, group, [topic])
    await until(() => expect(member.held()).toEqual(['0']))
    await member.membership?.commit([{ topic, partition: '0', offset: 0, metadata: '' }])

    await expect(context.cluster.admin.deleteGroup(group)).rejects.toMatchObject({ kind: 'invalid' })
    await member.leave()
    await context.cluster.admin.deleteGroup(group)

    expect(await context.cluster.admin.committed(group)).toEqual([])
    expect(await context.cluster.admin.listGroups()).not.toContain(group)
  })
}

function newGroup(): string {
  return `conformance-${randomUUID()}`
}
