import { faultRounds } from '@ddmq/testkit'
import { describe, expect, test } from 'vitest'
import { ChronosService } from './chronos-service.ts'
import { counterexample } from './search.ts'

const RUNS = faultRounds(150, 3_000)

test('CH-20 CH-27 CH-28 CH-32 CH-33 CH-38 CH-39 CH-41 CH-42 CH-45 CH-50 every message is delivered exactly once, never early, and nothing after its cancel, whatever fails', {
  timeout: 1_800_000,
}, async () => {
  expect(await counterexample(new ChronosService(), { runs: RUNS })).toBeUndefined()
})

describe('without transactions', { timeout: 1_800_000 }, () => {
  const service = new ChronosService({ withoutTransactions: true })
  const runs = faultRounds(30, 1_500)

  test('I9 nothing is lost, early, or delivered after its cancel, and only what was disturbed is repeated', async () => {
    expect(await counterexample(service, { runs })).toBeUndefined()
  })

  test('I9 every message is delivered exactly once as long as nothing fails', async () => {
    expect(await counterexample(service, { runs, isCalm: true })).toBeUndefined()
  })
})
