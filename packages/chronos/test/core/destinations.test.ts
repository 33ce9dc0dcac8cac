import { StorageError, type StorageErrorKind } from '@ddmq/storage'
import { FakeClock } from '@ddmq/testkit'
import { describe, expect, test } from 'vitest'
import { type DestinationSettings, Destinations } from '../../src/core/destinations.ts'
import { verdictOf } from '../../src/core/verdict.ts'

const FREE: DestinationSettings = { seen: true, paused: false, maxTps: undefined }

function fixture(settings: Partial<Record<string, DestinationSettings>> = {}, shards = 1) {
  const clock = new FakeClock()
  const topics = new Map(Object.entries(settings))
  const destinations = new Destinations({
    clock,
    settings: topic => topics.get(topic) ?? FREE,
    shards: () => shards,
    random: () => 1,
  })
  return { clock, topics, destinations }
}

function error(kind: StorageErrorKind): StorageError {
  return new StorageError(kind, 'said the log')
}

describe('destinations', () => {
  test('everything goes where nothing speaks against it', () => {
    const { destinations } = fixture()

    expect(destinations.admit('a', 5_000)).toBe(5_000)
    expect([destinations.reasonOf('a'), destinations.nextTryMs('a')]).toEqual([undefined, 0])
    expect(destinations.admit('a', 0)).toBe(0)
  })

  test('CH-29 a failing topic waits, then sends one probe; the others go on', async () => {
    const { clock, destinations } = fixture()
    destinations.admit('bad', 100)
    destinations.failed('bad', error('unavailable'))

    expect(destinations.admit('bad', 100)).toBe(0)
    expect(destinations.reasonOf('bad')).toBe('unavailable: said the log')
    expect(destinations.nextTryMs('bad')).toBe(1_000)
    expect(destinations.admit('good', 100)).toBe(100)

    await clock.advance(1_000)
    expect(destinations.admit('bad', 100)).toBe(1)
    expect(destinations.admit('bad', 100)).toBe(0)
    expect(destinations.nextTryMs('bad')).toBe(60_000)
    destinations.failed('bad', error('retriable'))
    expect(destinations.nextTryMs('bad')).toBe(2_000)
  })

  test('CH-31 the pause grows to a minute and no further, and one success ends it', async () => {
    const { clock, destinations } = fixture()
    const pauses: number[] = []
    for (let failure = 0; failure < 9; failure++) {
      destinations.failed('t', error('outcomeUnknown'))
      pauses.push(destinations.nextTryMs('t'))
      await clock.advance(destinations.nextTryMs('t'))
      expect(destinations.admit('t', 10)).toBe(1)
    }
    expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000])

    destinations.succeeded('t')
    expect(destinations.reasonOf('t')).toBeUndefined()
    const admitted = [1, 2, 3, 4].map(() => {
      const count = destinations.admit('t', 1_000)
      destinations.succeeded('t')
      return count
    })
    expect(admitted).toEqual([2, 4, 8, 16])
    destinations.failed('t', error('retriable'))
    expect(destinations.nextTryMs('t')).toBe(1_000)
  })

  test('a probe that nobody reported on is followed by another one', async () => {
    const { clock, destinations } = fixture()
    destinations.failed('t', error('unavailable'))
    await clock.advance(1_000)
    expect(destinations.admit('t', 10)).toBe(1)

    await clock.advance(59_999)
    expect(destinations.admit('t', 10)).toBe(0)
    await clock.advance(1)
    expect(destinations.admit('t', 10)).toBe(1)
  })

  test('CH-30 a refused batch is halved until the round that is refused is alone', () => {
    const { destinations } = fixture()
    // Rounds in the order of their time; number 300 is too large, and is taken out when it was refused alone.
    let left = Array.from({ length: 500 }, (_, round) => round)
    const dead: number[] = []
    let commits = 0
    while (left.length > 0) {
      const batch = left.slice(0, destinations.admit('t', left.length))
      commits++
      if (!batch.includes(300)) {
        destinations.succeeded('t')
        left = left.slice(batch.length)
        continue
      }
      destinations.failed('t', error('tooLarge'))
      expect(destinations.nextTryMs('t')).toBe(0)
      if (batch.length > 1) continue
      dead.push(...batch)
      left = left.slice(1)
    }

    expect(dead).toEqual([300])
    expect(commits).toBeLessThan(40)
  })

  test('CH-29 a rate is shared by the shards, and what is over it waits', async () => {
    const { clock, topics, destinations } = fixture({ slow: { ...FREE, maxTps: 80 } }, 8)

    expect(destinations.admit('slow', 100)).toBe(10)
    expect(destinations.admit('slow', 100)).toBe(0)
    expect(destinations.reasonOf('slow')).toBe('over its rate: 10/s of this shard')
    expect(destinations.nextTryMs('slow')).toBe(100)
    expect(destinations.admit('other', 100)).toBe(100)

    await clock.advance(300)
    expect(destinations.admit('slow', 100)).toBe(3)
    topics.set('slow', FREE)
    expect(destinations.admit('slow', 100)).toBe(100)
  })

  test('a rate below one per shard still lets rounds through', async () => {
    const { clock, destinations } = fixture({ slow: { ...FREE, maxTps: 1 } }, 4)
    let fired = 0
    for (let second = 0; second < 40; second++) {
      fired += destinations.admit('slow', 5)
      await clock.advance(1_000)
    }
    expect(fired).toBe(10)
  })

  test('a paused topic waits until it is resumed, and one whose settings are unknown until they are known', () => {
    const { topics, destinations } = fixture({
      paused: { ...FREE, paused: true },
      unread: { ...FREE, seen: false },
    })

    expect(['paused', 'unread'].map(topic => destinations.admit(topic, 10))).toEqual([0, 0])
    expect(destinations.reasonOf('paused')).toBe('paused')
    expect(destinations.reasonOf('unread')).toBe('its settings were not read yet')
    expect(['paused', 'unread'].map(topic => destinations.nextTryMs(topic))).toEqual([1_000, 50])

    topics.clear()
    expect(['paused', 'unread'].map(topic => destinations.admit(topic, 10))).toEqual([10, 10])
  })
})

describe('verdict', () => {
  const DAY_MS = 24 * 3_600_000

  test('CH-30 what is refused for good becomes a dead letter: at once, or a missing topic after a day', () => {
    expect(verdictOf('tooLarge', 0)).toBe('deadLetter')
    expect(verdictOf('invalid', 0)).toBe('deadLetter')
    expect(verdictOf('unknownTopic', DAY_MS)).toBe('wait')
    expect(verdictOf('unknownTopic', DAY_MS + 1)).toBe('deadLetter')
  })

  test.each(['retriable', 'unavailable', 'overload', 'outcomeUnknown', 'fenced', 'corrupt'] as const)(
    'CH-31 %s waits for ever',
    kind => {
      expect(verdictOf(kind, 1_000 * DAY_MS)).toBe('wait')
    },
  )
})
