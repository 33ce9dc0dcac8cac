import { settledBefore, withDeadline } from '@ddmq/common/async'
import { systemClock } from '@ddmq/common/clock'
import { expect, test } from 'vitest'

test('work that is done in time gives its value', async () => {
  expect(await withDeadline(60_000, async () => 7)).toBe(7)
  expect(await withDeadline(Infinity, () => systemClock.sleep(5).then(() => 8))).toBe(8)
})

test('work that hangs is left behind with a coded error, and its signal aborted', async () => {
  let seen: AbortSignal | undefined
  const hanging = withDeadline(1, signal => {
    seen = signal
    return new Promise(() => undefined)
  })

  await expect(hanging).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED', retryable: true })
  expect(seen?.aborted).toBe(true)
})

test('the parent signal ends the work with its own reason', async () => {
  const parent = new AbortController()
  const hanging = withDeadline(60_000, () => new Promise(() => undefined), parent.signal)

  parent.abort(new Error('stopping'))

  await expect(hanging).rejects.toThrow('stopping')
  await expect(withDeadline(60_000, async () => 7, parent.signal)).rejects.toThrow('stopping')
})

test('a promise that fails after it was given up is not an unhandled rejection', async () => {
  const { promise, reject } = Promise.withResolvers<never>()

  await expect(settledBefore(AbortSignal.abort(new Error('given up')), promise)).rejects.toThrow('given up')

  reject(new Error('late'))
})
