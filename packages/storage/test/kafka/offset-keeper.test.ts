import type { CommittedOffset } from '@ddmq/storage'
import { FakeClock } from '@ddmq/testkit'
import { expect, test } from 'vitest'
import { OffsetKeeper } from '../../src/kafka/offset-keeper.ts'

const HOUR_MS = 3_600_000

/** What a cluster has of one group, and how often it was written. */
class Offsets {
  now: readonly CommittedOffset[] = []
  hasMembers = false
  writes = 0

  async committed(): Promise<readonly CommittedOffset[]> {
    return this.now
  }

  async commit(_group: string, offsets: readonly CommittedOffset[]): Promise<void> {
    if (this.hasMembers) throw new Error('the group has members')
    this.writes++
    expect(this.now).toEqual(expect.arrayContaining([...offsets]))
  }
}

function at(offset: number, partition = '0'): CommittedOffset {
  return { topic: 't', partition, offset, metadata: 'm' }
}

function setUp(...set: readonly CommittedOffset[]) {
  const [clock, offsets] = [new FakeClock(), new Offsets()]
  const keeper = new OffsetKeeper(clock, offsets)
  offsets.now = set
  keeper.keep('g', set)
  return { clock, offsets, keeper }
}

test('commits again every hour what was set, as long as it is unchanged', async () => {
  const { clock, offsets } = setUp(at(5), at(7, '1'))

  await clock.advance(3 * HOUR_MS)

  expect(offsets.writes).toBe(3)
})

test('leaves a position alone that moved, and a group that was forgotten or closed', async () => {
  const { clock, offsets, keeper } = setUp(at(5), at(7, '1'))
  offsets.now = [at(6), at(7, '1')]
  await clock.advance(HOUR_MS)
  expect(offsets.writes).toBe(1)
  offsets.now = [at(6), at(8, '1')]
  await clock.advance(2 * HOUR_MS)
  expect(offsets.writes).toBe(1)

  keeper.keep('g', [at(6)])
  keeper.forget('g')
  await clock.advance(2 * HOUR_MS)
  keeper.keep('g', [at(6)])
  keeper.close()
  await clock.advance(2 * HOUR_MS)

  expect(offsets.writes).toBe(1)
})

test('tries again later where it failed, for a group with members or a cluster that is away', async () => {
  const { clock, offsets } = setUp(at(5))
  offsets.hasMembers = true
  await clock.advance(2 * HOUR_MS)
  expect(offsets.writes).toBe(0)

  offsets.hasMembers = false
  await clock.advance(HOUR_MS)

  expect(offsets.writes).toBe(1)
})
