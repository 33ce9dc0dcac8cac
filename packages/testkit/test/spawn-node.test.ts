import { join } from 'node:path'
import { spawnNode } from '@ddmq/testkit'
import { expect, test } from 'vitest'

const TALKER = join(import.meta.dirname, 'talker.ts')

test('lines of both streams are found, past ones too, and a signal ends the process', async () => {
  await using child = spawnNode(TALKER, ['wait'], { env: { TALKER_COLOUR: 'red' } })

  await child.waitForLine(/error stream/)
  expect(await child.waitForLine(/^hello/)).toBe('hello wait red')
  child.kill('SIGKILL')

  expect(await child.exited).toEqual({ code: null, signal: 'SIGKILL' })
})

test('the exit code is told, and waiting for a line that never came fails with the output', async () => {
  await using child = spawnNode(TALKER, ['exit'])

  await expect(child.waitForLine(/goodbye/)).rejects.toThrow(/the process ended\n(?:.*\n)*hello exit none/)
  expect(await child.exited).toEqual({ code: 7, signal: null })
})

test('waiting for a line gives up after its time', async () => {
  await using child = spawnNode(TALKER, ['wait'])
  await child.waitForLine(/hello/)

  await expect(child.waitForLine(/goodbye/, 1)).rejects.toThrow('time is up')
})

test('disposing kills a process that still runs', async () => {
  const child = spawnNode(TALKER, ['wait'])
  await child[Symbol.asyncDispose]()

  expect(await child.exited).toMatchObject({ signal: 'SIGKILL' })
})
