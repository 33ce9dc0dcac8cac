import { expect, test } from 'vitest'
import { UsageError } from '../../src/errors.ts'
import { runCommand } from './support/run-command.ts'

test('bench produce refuses bodies that are too small for the id of a message', async () => {
  const produced = runCommand(['bench', 'produce', '--addr', '127.0.0.1:1', '--size', '15'])

  await expect(produced).rejects.toThrow(
    new UsageError('--size must be at least 16: a body begins with the id of its message'),
  )
})
