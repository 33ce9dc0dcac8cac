import { expect, test } from 'vitest'
import { UsageError } from '../../src/errors.ts'
import { createProgram } from '../../src/program.ts'

test.each([
  ['test', ['--json', 'test', '--full', '-t', 'title']],
  ['check', ['--port-offset', '10', 'check']],
  ['dev-cluster', ['--json', 'dev-cluster', 'down', '--purge']],
])('%s behind a global option does not look as if it had been done', async (name, words) => {
  const done = createProgram().parseAsync(words, { from: 'user' })

  await expect(done).rejects.toThrow(UsageError)
  await expect(done).rejects.toThrow(`write it first: ./ddmq ${name} …`)
})
