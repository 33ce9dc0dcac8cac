import type { Append, LogRecord } from '@ddmq/storage'
import { eventually, FakeClock } from '@ddmq/testkit'
import { describe, expect, test } from 'vitest'
import { HeldProbe } from './held-probe.ts'
import { openCluster } from './open-cluster.ts'

const record: LogRecord = { key: null, value: Buffer.from('v'), headers: [], timestampMs: 1 }

/** A call with one append is one object, a call with several is not: the same holds for both. */
const CALLS = [['t'], ['t', 'u']]

function appendsTo(topics: readonly string[]): Append[] {
  return topics.map(topic => ({ topic, partition: '0', records: [record] }))
}

describe('deadlines', () => {
  test.for(CALLS)(
    'E4: an append in flight is not seen and has an unknown outcome at its deadline, one that waits is withdrawn; the order stays: %j',
    async topics => {
      const clock = new FakeClock()
      const space = new HeldProbe()
      await using opened = await openCluster({ clock, freeSpaceFloorBytes: 1, freeSpace: space.probe })
      const { cluster } = opened
      for (const topic of topics) await cluster.admin.createTopic({ topic, partitions: 1 })
      const append = (deadlineMs: number) => cluster.append(appendsTo(topics), { deadlineMs })
      space.holds = true
      await clock.advance(1000)

      const inFlight = append(500)
      await eventually(() => expect(space.waiting).toBe(true))
      const unseen = await cluster.read(
        [{ topic: 't', partition: '0', offset: 0 }],
        { maxBytes: 1000, maxWaitMs: 0 },
        { deadlineMs: 1000 },
      )
      const waiting = append(600)
      const patient = append(5000)
      await clock.advance(1000)
      const expired = [await inFlight, await waiting]
      space.release()

      expect(unseen).toMatchObject([{ records: [], nextOffset: 0, endOffset: 0 }])
      expect(expired).toMatchObject([
        topics.map(() => ({ error: { kind: 'outcomeUnknown' } })),
        topics.map(() => ({ error: { kind: 'retriable' } })),
      ])
      expect(await patient).toEqual(topics.map(() => ({ baseOffset: 1 })))
      expect(await cluster.identity('t', '0')).toMatchObject({ endOffset: 2 })
    },
  )

  test.for(CALLS)('an aborted call is answered at once: %j', async topics => {
    await using opened = await openCluster()
    for (const topic of topics) await opened.cluster.admin.createTopic({ topic, partitions: 1 })

    const outcomes = await opened.cluster.append(appendsTo(topics), {
      deadlineMs: 60_000,
      signal: AbortSignal.abort(),
    })

    expect(outcomes).toMatchObject(topics.map(() => ({ error: { kind: 'retriable' } })))
    expect(await opened.cluster.identity('t', '0')).toMatchObject({ endOffset: 0 })
  })

  test('more bytes than may wait for the writer are refused with overload', async () => {
    const space = new HeldProbe()
    const clock = new FakeClock()
    await using opened = await openCluster({
      clock,
      maxPendingBytes: 1000,
      freeSpaceFloorBytes: 1,
      freeSpace: space.probe,
    })
    const { cluster } = opened
    await cluster.admin.createTopic({ topic: 't', partitions: 1 })
    const large = { ...record, value: Buffer.alloc(800) }
    const append = () =>
      cluster.append([{ topic: 't', partition: '0', records: [large] }], { deadlineMs: 5000 })
    space.holds = true
    await clock.advance(1000)

    const accepted = [append(), append()]
    const refused = await append()
    space.release()

    expect(refused).toMatchObject([{ error: { kind: 'overload' } }])
    expect(await Promise.all(accepted)).toEqual([[{ baseOffset: 0 }], [{ baseOffset: 1 }]])
    expect(await append()).toEqual([{ baseOffset: 2 }])
  })

  test('an append that was refused gives its bytes back once, also when its call expires later', async () => {
    const space = new HeldProbe()
    const clock = new FakeClock()
    await using opened = await openCluster({
      clock,
      maxPendingBytes: 2000,
      freeSpaceFloorBytes: 1,
      freeSpace: space.probe,
    })
    const { cluster } = opened
    await cluster.admin.createTopic({ topic: 't', partitions: 1 })
    await cluster.admin.createTopic({ topic: 'gone', partitions: 1 })
    const large = { ...record, value: Buffer.alloc(800) }
    const append = (...topics: string[]) =>
      cluster.append(
        topics.map(topic => ({ topic, partition: '0', records: [large] })),
        { deadlineMs: 5000 },
      )
    space.holds = true
    const first = append('t')
    await eventually(() => expect(space.waiting).toBe(true))

    const deleting = cluster.admin.deleteTopic('gone')
    await clock.advance(0)
    const refusedAndLate = append('gone', 't')
    space.release()
    space.holds = true
    await first
    await eventually(() => expect(space.waiting).toBe(true))
    await clock.advance(5000)

    expect(await refusedAndLate).toMatchObject([
      { error: { kind: 'unknownTopic' } },
      { error: { kind: 'outcomeUnknown' } },
    ])
    const accepted = [append('t'), append('t')]
    expect(await append('t')).toMatchObject([{ error: { kind: 'overload' } }])
    space.release()
    expect(await Promise.all(accepted)).toEqual([[{ baseOffset: 2 }], [{ baseOffset: 3 }]])
    await deleting
  })

  test('offsets for a topic that is deleted before they are written are refused, and leave nothing behind', async () => {
    const space = new HeldProbe()
    const clock = new FakeClock()
    await using opened = await openCluster({ clock, freeSpaceFloorBytes: 1, freeSpace: space.probe })
    const { cluster } = opened
    await cluster.admin.createTopic({ topic: 't', partitions: 1 })
    await cluster.admin.createTopic({ topic: 'gone', partitions: 1 })
    space.holds = true
    const first = cluster.append([{ topic: 't', partition: '0', records: [record] }], { deadlineMs: 5000 })
    await eventually(() => expect(space.waiting).toBe(true))

    const deleting = cluster.admin.deleteTopic('gone')
    await clock.advance(0)
    const late = cluster.admin
      .setCommitted('g', [{ topic: 'gone', partition: '0', offset: 1, metadata: '' }])
      .catch((thrown: unknown) => thrown)
    await clock.advance(0)
    space.release()
    await Promise.all([first, deleting])

    expect(await late).toMatchObject({ kind: 'unknownTopic' })
    const again = await opened.reopen()
    expect(await again.admin.listGroups()).toEqual([])
  })

  test('stop ends at its deadline while a write does not return', async () => {
    const space = new HeldProbe()
    const clock = new FakeClock()
    await using opened = await openCluster({ clock, freeSpaceFloorBytes: 1, freeSpace: space.probe })
    const { cluster } = opened
    await cluster.admin.createTopic({ topic: 't', partitions: 1 })
    space.holds = true
    await clock.advance(1000)
    const appending = cluster.append([{ topic: 't', partition: '0', records: [record] }], {
      deadlineMs: 5000,
    })
    await eventually(() => expect(space.waiting).toBe(true))

    const stopping = cluster.stop(AbortSignal.abort())

    await expect(stopping).rejects.toMatchObject({ kind: 'unavailable' })
    space.release()
    expect(await appending).toEqual([{ baseOffset: 0 }])
    await expect.poll(() => opened.reopen().then(again => again.health().ok)).toBe(true)
  })

  test('G4: what a leaving member holds is given out only after it has let go', async () => {
    await using opened = await openCluster()
    const { cluster } = opened
    await cluster.admin.createTopic({ topic: 't', partitions: 2 })
    const drained = Promise.withResolvers<void>()
    const leaver = await cluster.join('g', ['t'], {
      assigned: async () => undefined,
      revoked: () => drained.promise,
      lost: () => undefined,
    })
    await eventually(() => expect(leaver.assignment()).toHaveLength(2))

    const joining = cluster.join('g', ['t'], {
      assigned: async () => undefined,
      revoked: async () => undefined,
      lost: () => undefined,
    })
    const leaving = leaver.leave(new AbortController().signal)
    const other = await joining
    await cluster.admin.setPartitionCount('t', 3)
    await cluster.admin.describeTopic('t')
    const whileDraining = [...leaver.assignment(), ...other.assignment()].map(({ partition }) => partition)
    drained.resolve()
    await leaving

    expect(whileDraining).toEqual([...new Set(whileDraining)])
    await eventually(() => expect(other.assignment()).toHaveLength(3))
  })

  test('G4: a member that does not let go loses the partition when the time to drain is over', async () => {
    const clock = new FakeClock()
    await using opened = await openCluster({ clock, drainMs: 1000 })
    const { cluster } = opened
    await cluster.admin.createTopic({ topic: 't', partitions: 2 })
    const told: string[] = []
    const stuck = await cluster.join('g', ['t'], {
      assigned: async () => void told.push('assigned'),
      revoked: (_partitions, deadline) =>
        new Promise(() => deadline.addEventListener('abort', () => told.push('deadline'))),
      lost: () => void told.push('lost'),
    })
    await eventually(() => expect(stuck.assignment()).toHaveLength(2))

    const other = await cluster.join('g', ['t'], {
      assigned: async () => undefined,
      revoked: async () => undefined,
      lost: () => undefined,
    })
    await clock.advance(999)
    const before = [stuck.assignment().length, other.assignment().length]
    await clock.advance(1)

    await eventually(() => expect([stuck.assignment().length, other.assignment().length]).toEqual([1, 1]))
    expect(before).toEqual([2, 0])
    expect(told).toEqual(['assigned', 'deadline', 'lost'])
    const [theirs] = other.assignment()
    const late = stuck.commit([{ topic: 't', partition: theirs?.partition ?? '', offset: 0, metadata: '' }])
    await expect(late).rejects.toMatchObject({ kind: 'fenced' })
  })
})
