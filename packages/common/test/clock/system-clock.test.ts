import { systemClock } from '@ddmq/common/clock'
import { expect, test } from 'vitest'

const LONGER_THAN_A_TIMER_MS = 2 ** 31 + 5

test('a wait longer than a timer can hold does not end at once, and can be given up', async () => {
  const outcomes: string[] = []
  const abort = new AbortController()
  const cancel = systemClock.schedule(LONGER_THAN_A_TIMER_MS, () => outcomes.push('scheduled'))
  const sleeping = systemClock.sleep(LONGER_THAN_A_TIMER_MS, abort.signal).then(
    () => outcomes.push('slept'),
    () => outcomes.push('given up'),
  )

  await systemClock.sleep(20)
  expect(outcomes).toEqual([])
  abort.abort()
  cancel()
  await sleeping

  expect(outcomes).toEqual(['given up'])
})

test('a scheduled callback comes once unless it is cancelled', async () => {
  const called: string[] = []
  const done = Promise.withResolvers<void>()
  const cancel = systemClock.schedule(1, () => called.push('cancelled'))
  cancel()
  systemClock.schedule(2, () => {
    called.push('kept')
    done.resolve()
  })

  await done.promise

  expect(called).toEqual(['kept'])
})
