import { getEventListeners } from 'node:events'
import { type AppendOutcome, DeadlineWatch, StorageError } from '@ddmq/storage'
import { FakeClock } from '@ddmq/testkit'
import { expect, test } from 'vitest'
import { AppendCall } from '../src/append-call.ts'

const REFUSED: AppendOutcome = { error: new StorageError('overload', 'as the test wants') }

test.each([
  { when: 'before it was given to the call', settleFirst: true },
  { when: 'later', settleFirst: false },
])('a call leaves nothing at a signal that outlives it: all is answered $when', async ({ settleFirst }) => {
  const { signal } = new AbortController()
  const watch = new DeadlineWatch(new FakeClock())

  const outcomes = await new Promise<readonly AppendOutcome[]>(resolve => {
    const call = new AppendCall(2, 1_000, watch, resolve)
    const settle = (): void => {
      for (const index of [0, 1]) call.settle(index, REFUSED)
    }
    if (settleFirst) settle()
    call.expireOn(signal)
    if (!settleFirst) settle()
  })

  expect(outcomes).toEqual([REFUSED, REFUSED])
  expect(getEventListeners(signal, 'abort')).toEqual([])
})
