import { faultRounds } from '@ddmq/testkit'
import { expect, test } from 'vitest'
import { ChronosService } from './chronos-service.ts'
import { counterexample } from './search.ts'

const RUNS = faultRounds(150, 3_000)

test('CH-20 CH-27 CH-28 CH-32 CH-33 CH-38 CH-39 CH-41 CH-42 CH-45 CH-50 every message is delivered exactly once, never early, and nothing after its cancel, whatever fails', {
  timeout: 1_800_000,
}, async () => {
  expect(await counterexample(new ChronosService(), { runs: RUNS })).toBeUndefined()
})
