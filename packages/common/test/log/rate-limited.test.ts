import { rateLimited } from '@ddmq/common/log'
import { FakeClock, testLogger } from '@ddmq/testkit'
import { expect, test } from 'vitest'

test('each message is written once per interval and then says how many were left out', async () => {
  const clock = new FakeClock()
  const { log, lines } = testLogger()
  const limited = rateLimited(log, 1_000, clock)

  for (let count = 0; count < 5; count++) limited.warn({ count }, 'frame refused')
  limited.warn({}, 'another message')
  limited.error({}, 'frame refused')
  await clock.advance(1_000)
  limited.warn({ count: 5 }, 'frame refused')
  await clock.advance(1_000)
  limited.warn({ count: 6 }, 'frame refused')

  expect(lines.map(({ level, msg, count, suppressed }) => [level, msg, count, suppressed])).toEqual([
    ['warn', 'frame refused', 0, undefined],
    ['warn', 'another message', undefined, undefined],
    ['error', 'frame refused', undefined, undefined],
    ['warn', 'frame refused', 5, 4],
    ['warn', 'frame refused', 6, undefined],
  ])
})
