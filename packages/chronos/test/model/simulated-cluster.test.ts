import type { AssignmentListener, LogCluster, ReadResult, TopicPartition } from '@ddmq/storage'
import { expect, test } from 'vitest'
import { SimulatedWorld, textRecord } from './simulated-world.ts'

const CALL = { deadlineMs: 10_000 } as const
const TABLE = 'table'
const OUT = 'out'

function newWorld(seed = 7): SimulatedWorld {
  const world = new SimulatedWorld(seed)
  world.brokers.createTopic({
    topic: TABLE,
    partitions: 2,
    compacted: true,
    appendTime: true,
    tombstoneRetentionMs: 60_000,
  })
  world.brokers.createTopic({ topic: OUT, partitions: 1 })
  return world
}

function put(key: string, value: string | null, topic = TABLE) {
  return { topic, partition: '0', records: [textRecord(key, value)] }
}

async function readFrom(
  cluster: LogCluster,
  offset: number,
  maxWaitMs = 0,
  fromLeader = true,
): Promise<ReadResult> {
  const limits = { maxBytes: 1_000_000, maxWaitMs, fromLeader }
  const [result] = await cluster.read([{ topic: TABLE, partition: '0', offset }], limits, CALL)
  if (result === undefined) throw new Error('no result')
  return result
}

function textOf(bytes: Uint8Array | null): string {
  return bytes === null ? 'null' : Buffer.from(bytes).toString()
}

function texts({ records }: ReadResult): readonly string[] {
  return records.map(({ key, value }) => `${textOf(key)}=${textOf(value)}`)
}

test('the same seed gives the same run', async () => {
  const runs = [3, 3, 4].map(async seed => {
    const world = newWorld(seed)
    const { cluster } = world.process('a')
    for (const key of ['a', 'b', 'c']) await world.settle(cluster.append([put(key, '1')], CALL))
    const { records } = await world.settle(readFrom(cluster, 0))
    return records.map(({ timestampMs }) => timestampMs)
  })
  const [first, second, other] = await Promise.all(runs)

  expect(second).toEqual(first)
  expect(other).not.toEqual(first)
})

test('a long poll answers when something becomes readable, and not before', async () => {
  const world = newWorld()
  const { cluster } = world.process('a')
  const reading = readFrom(cluster, 0, 5_000)
  await world.clock.advance(1_000)
  const startedMs = world.clock.nowMs()

  await world.settle(cluster.append([put('a', '1')], CALL))

  expect(texts(await world.settle(reading))).toEqual(['a=1'])
  expect(world.clock.nowMs() - startedMs).toBeLessThan(200)
})

test('an open transaction holds back what came after it, until the next opening aborts it', async () => {
  const world = newWorld()
  const [old, young] = [world.process('old'), world.process('young')]
  const transactor = await world.settle(old.cluster.transactor('t'))
  world.brokers.failNextCommit('partlySent')
  const refused = transactor.commit([put('a', 'open'), put('x', 'open', OUT)], CALL)
  await expect(world.settle(refused)).rejects.toMatchObject({ kind: 'retriable' })
  await world.settle(young.cluster.append([put('b', 'plain')], CALL))

  const held = await world.settle(readFrom(young.cluster, 0))
  await world.settle(young.cluster.transactor('t'))
  const freed = await world.settle(readFrom(young.cluster, 0))

  expect(held).toMatchObject({ records: [], nextOffset: 0, endOffset: 0 })
  expect(texts(freed)).toEqual(['b=plain'])
  expect(freed).toMatchObject({ nextOffset: 3, endOffset: 3 })
})

test('a killed process leaves its transaction open; it is aborted when it is too old', async () => {
  const world = newWorld()
  const { process, cluster } = world.process('a')
  const transactor = await world.settle(cluster.transactor('t'))
  void transactor.commit([put('a', '1')], { ...CALL, last: [put('b', '1')] })
  await world.clock.advance(30)
  process.kill()
  const other = world.process('b')

  expect((await world.settle(readFrom(other.cluster, 0))).endOffset).toBe(0)
  await world.clock.advance(60_000)
  expect(await world.settle(readFrom(other.cluster, 0))).toMatchObject({ records: [], endOffset: 2 })
})

test.each([
  ['storedUnknown', ['a=1']],
  ['lostUnknown', []],
] as const)('a commit that is %s rejects as unknown, and the log has the truth', async (fault, stored) => {
  const world = newWorld()
  const { cluster } = world.process('a')
  const transactor = await world.settle(cluster.transactor('t'))
  world.brokers.failNextCommit(fault)

  const unknown = world.settle(transactor.commit([put('a', '1')], CALL))

  await expect(unknown).rejects.toMatchObject({ kind: 'outcomeUnknown' })
  await world.settle(cluster.transactor('t'))
  expect(texts(await world.settle(readFrom(cluster, 0)))).toEqual(stored)
})

test('a late decision counts unless the transactor was opened before', async () => {
  for (const reopens of [false, true]) {
    const world = newWorld()
    const { cluster } = world.process('a')
    const transactor = await world.settle(cluster.transactor('t'))
    world.brokers.failNextCommit('storedLate')
    const unknown = world.settle(transactor.commit([put('a', '1')], CALL))
    await expect(unknown).rejects.toMatchObject({ kind: 'outcomeUnknown' })

    if (reopens) await world.settle(cluster.transactor('t'))
    await world.clock.advance(10_000)

    expect(texts(await world.settle(readFrom(cluster, 0)))).toEqual(reopens ? [] : ['a=1'])
  }
})

test('a refused topic is named, and nothing of the transaction is stored', async () => {
  const world = newWorld()
  const { cluster } = world.process('a')
  const transactor = await world.settle(cluster.transactor('t'))
  world.brokers.refuse(OUT, 'unavailable')

  const refused = world.settle(transactor.commit([put('a', '1'), put('x', '1', OUT)], CALL))

  await expect(refused).rejects.toMatchObject({ kind: 'unavailable', details: { topics: [OUT] } })
  expect(texts(await world.settle(readFrom(cluster, 0)))).toEqual([])
})

test('compaction keeps the latest record below its point, and tombstones for their retention', async () => {
  const world = newWorld()
  const { cluster } = world.process('a')
  for (const [key, value] of [
    ['a', '1'],
    ['b', '1'],
    ['a', '2'],
    ['b', null],
    ['a', '3'],
  ] as const) {
    await world.settle(cluster.append([put(key, value)], CALL))
  }

  world.brokers.compact(TABLE, '0', 0.8)
  expect(texts(await world.settle(readFrom(cluster, 0)))).toEqual(['a=2', 'b=null', 'a=3'])
  await world.clock.advance(60_000)
  world.brokers.compact(TABLE, '0', 1)
  expect(texts(await world.settle(readFrom(cluster, 0)))).toEqual(['a=3'])
})

test('power loss takes only what was promised to nobody, unless the test says so, and begins an epoch', async () => {
  const world = newWorld()
  const { cluster } = world.process('a')
  const transactor = await world.settle(cluster.transactor('t'))
  for (const key of ['a', 'b', 'c'])
    await world.settle(transactor.commit([put(key, '1'), put(key, '1', OUT)], CALL))

  world.brokers.losePower(1, 0)
  const kept = await world.settle(readFrom(cluster, 0))
  world.brokers.losePower(1, 2)
  const cut = await world.settle(readFrom(cluster, 0))

  expect([texts(kept), kept.epoch]).toEqual([['a=1', 'b=1', 'c=1'], 1])
  expect([texts(cut), cut.epoch]).toEqual([['a=1', 'b=1'], 2])
  expect(world.brokers.readable(OUT).map(({ key }) => key)).toEqual(['a', 'b'])
  expect(await world.settle(cluster.endOfEpoch(TABLE, '0', 0))).toBe(cut.endOffset)
})

test('stale metadata shows in identity, and in reads that may come from a replica', async () => {
  const world = newWorld()
  const { cluster } = world.process('a')
  for (const key of ['a', 'b']) await world.settle(cluster.append([put(key, '1')], CALL))

  world.brokers.makeStale(TABLE, '0', 1)

  expect((await world.settle(cluster.identity(TABLE, '0'))).endOffset).toBe(1)
  expect(texts(await world.settle(readFrom(cluster, 0, 0, false)))).toEqual(['a=1'])
  expect(texts(await world.settle(readFrom(cluster, 0)))).toEqual(['a=1', 'b=1'])
})

class Watcher implements AssignmentListener {
  readonly events: string[] = []

  async assigned(partitions: readonly TopicPartition[]): Promise<void> {
    this.events.push(...partitions.map(({ partition }) => `+${partition}`))
  }

  async revoked(partitions: readonly TopicPartition[]): Promise<void> {
    this.events.push(...partitions.map(({ partition }) => `-${partition}`))
  }

  lost(partitions: readonly TopicPartition[]): void {
    this.events.push(...partitions.map(({ partition }) => `!${partition}`))
  }
}

test('a paused member goes on as a zombie until it hears that its partitions are lost', async () => {
  const world = newWorld()
  const [first, second] = [world.process('first'), world.process('second')]
  const [zombie, heir] = [new Watcher(), new Watcher()]
  const membership = await world.settle(first.cluster.join('g', [TABLE], zombie))
  await world.clock.advance(100)
  const transactor = await world.settle(first.cluster.transactor('t'))

  first.process.pause()
  const committing = transactor.commit([put('a', 'zombie')], CALL)
  await world.settle(second.cluster.join('g', [TABLE], heir))
  await world.clock.advance(20_000)
  await world.settle(second.cluster.transactor('t'))

  expect(heir.events).toEqual(['+0', '+1'])
  expect(membership.assignment()).toHaveLength(2)
  first.process.resume()
  await expect(world.settle(committing)).rejects.toBeInstanceOf(Error)
  await world.clock.advance(1_000)
  expect(zombie.events.slice(0, 4)).toEqual(['+0', '+1', '!0', '!1'])
})

test('a lost session is told late, and its member comes back', async () => {
  const world = newWorld()
  const { process, cluster } = world.process('a')
  const watcher = new Watcher()
  const membership = await world.settle(cluster.join('g', [TABLE], watcher))
  await world.clock.advance(100)

  world.brokers.groups.loseSession(process, 2_000)
  await world.clock.advance(1_000)
  const before = membership.assignment().length
  await world.clock.advance(2_000)

  expect(before).toBe(2)
  expect(watcher.events).toEqual(['+0', '+1', '!0', '!1', '+0', '+1'])
})

test('partitions that were lost go to the member that prefers them', async () => {
  const world = newWorld()
  const [owner, other, standby] = ['owner', 'other', 'standby'].map(name => world.process(name))
  if (owner === undefined || other === undefined || standby === undefined) throw new Error('three processes')
  await world.settle(owner.cluster.join('g', [TABLE], new Watcher()))
  await world.clock.advance(100)
  owner.process.kill()
  const [cold, warm] = [new Watcher(), new Watcher()]
  await world.settle(other.cluster.join('g', [TABLE], cold))
  const prefers = () => [{ topic: TABLE, partition: '1' }]
  await world.settle(standby.cluster.join('g', [TABLE], warm, { prefers }))

  await world.clock.advance(20_000)

  expect([cold.events, warm.events]).toEqual([['+0'], ['+1']])
})

test('a suspended machine has a steady clock that stood still, and a wall clock that did not', async () => {
  const world = newWorld()
  const { process } = world.process('a')
  const before = [process.clock.monotonicMs(), process.clock.nowMs(), process.bootTimeMs()]

  process.pause(true)
  await world.clock.advance(3_600_000)
  process.resume()

  const after = [process.clock.monotonicMs(), process.clock.nowMs(), process.bootTimeMs()]
  expect(after.map((ms, index) => ms - (before[index] ?? 0))).toEqual([0, 3_600_000, 3_600_000])
})
