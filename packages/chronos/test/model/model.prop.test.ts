import { faultRounds } from '@ddmq/testkit'
import { expect, test } from 'vitest'
import { NaiveService } from './naive-service.ts'
import { counterexample } from './search.ts'

const RUNS = faultRounds(100, 5_000)

test('a service of the simplest kind passes', { timeout: 900_000 }, async () => {
  expect(await counterexample(new NaiveService(), { runs: RUNS })).toBeUndefined()
})

test('one that is wrong is found, with a short story', { timeout: 900_000 }, async () => {
  const story = await counterexample(new NaiveService('ignoresProgress'), { runs: 1_000 })

  expect(story).toContain('delivered 2 times')
})
