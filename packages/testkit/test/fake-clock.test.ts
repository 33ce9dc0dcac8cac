import { FakeClock } from '@ddmq/testkit'
import fc from 'fast-check'
import { expect, test } from 'vitest'

test('time stands still until it is advanced, and a step moves the wall clock only', async () => {
  const clock = new FakeClock(1_000)
  expect([clock.nowMs(), clock.monotonicMs()]).toEqual([1_000, 0])

  await clock.advance(5)
  clock.stepWall(-100)

  expect([clock.nowMs(), clock.monotonicMs()]).toEqual([905, 5])
})

test('timers fire in the order of their times, and in the order they were set at equal times', async () => {
  const delays = fc.array(fc.integer({ min: -5, max: 50 }), { maxLength: 20 })
  await fc.assert(
    fc.asyncProperty(delays, async times => {
      const clock = new FakeClock()
      const fired: { index: number; atMs: number }[] = []
      times.forEach((ms, index) => clock.schedule(ms, () => fired.push({ index, atMs: clock.monotonicMs() })))

      await clock.advance(25)
      await clock.advance(25)

      const expected = times
        .map((ms, index) => ({ index, atMs: Math.max(0, ms) }))
        .toSorted((a, b) => a.atMs - b.atMs || a.index - b.index)
      expect(fired).toEqual(expected)
    }),
    { numRuns: 40 },
  )
})

test('a timer set by a timer fires within the same advance when it is due', async () => {
  const clock = new FakeClock()
  const fired: number[] = []
  clock.schedule(10, () => {
    fired.push(clock.monotonicMs())
    clock.schedule(10, () => fired.push(clock.monotonicMs()))
  })

  await clock.advance(100)

  expect(fired).toEqual([10, 20])
})

test('a cancelled timer does not fire, also when another one cancels it', async () => {
  const clock = new FakeClock()
  const fired: string[] = []
  const cancel = clock.schedule(10, () => fired.push('never'))
  clock.schedule(10, () => fired.push('second'))
  clock.schedule(5, cancel)

  await clock.advance(10)

  expect(fired).toEqual(['second'])
})

test('sleep resolves when its time has come, or rejects with the reason of its signal', async () => {
  const clock = new FakeClock()
  const abort = new AbortController()
  const outcomes: string[] = []
  const watch = (name: string, sleeping: Promise<void>): void => {
    sleeping.then(
      () => outcomes.push(`${name} woke at ${clock.monotonicMs()}`),
      (thrown: unknown) => outcomes.push(`${name}: ${String(thrown)}`),
    )
  }
  watch('a', clock.sleep(10))
  watch('b', clock.sleep(20, abort.signal))
  watch('c', clock.sleep(20, AbortSignal.abort('at once')))

  await clock.advance(15)
  abort.abort('stopped')
  await clock.advance(15)

  expect(outcomes).toEqual(['c: at once', 'a woke at 10', 'b: stopped'])
})

test('a loop of awaits moves on with every advance', async () => {
  const clock = new FakeClock()
  const woke: number[] = []
  const loop = async (): Promise<void> => {
    for (let round = 0; round < 3; round++) {
      await clock.sleep(10)
      woke.push(clock.monotonicMs())
    }
  }

  const done = loop()
  await clock.advance(30)
  await done

  expect(woke).toEqual([10, 20, 30])
})
