import { expect, test } from 'vitest'
import { run } from '../src/servers/run.ts'

test('a program that ends before it has read its input is a failure like any other', async () => {
  await expect(run('false', [], { input: 'x'.repeat(2 * 1024 * 1024) })).rejects.toThrow('false  failed')
})

test('a program reads its input to the end', async () => {
  expect(await run('cat', [], { input: 'one line' })).toBe('one line')
})
