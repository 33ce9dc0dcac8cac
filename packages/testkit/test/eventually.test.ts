import { eventually } from '@ddmq/testkit'
import { expect, test } from 'vitest'

test('a probe is repeated until it passes and its value handed back', async () => {
  let calls = 0
  const value = await eventually(() => {
    calls++
    if (calls < 3) throw new Error('not yet')
    return calls
  })

  expect(value).toBe(3)
})

test('a probe that never passes fails with what it said last', async () => {
  let calls = 0
  const probing = eventually(() => {
    calls++
    throw new Error(`try ${calls}`)
  }, 15)

  await expect(probing).rejects.toThrow(/^try \d+$/)
  await expect(probing).rejects.toThrow(`try ${calls}`)
})
