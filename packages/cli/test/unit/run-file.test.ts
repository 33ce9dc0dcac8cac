import { stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { tempDir } from '@ddmq/testkit'
import { expect, test } from 'vitest'
import { type RunFile, readRunFile, removeRunFile, writeRunFile } from '../../src/run-file.ts'

const content: RunFile = {
  pid: process.pid,
  state: 'ready',
  console: 'http://127.0.0.1:8080',
  token: 'secret',
  services: 'all',
}

/** Larger than any process id the kernel gives out. */
const DEAD_PID = 2 ** 22 + 1

test('only its owner can read the run file', async () => {
  await using dir = await tempDir()
  const path = join(dir.path, 'run', '8080.json')

  await writeRunFile(path, content)

  expect((await stat(path)).mode & 0o777).toBe(0o600)
  expect(await readRunFile(path)).toEqual(content)
})

test('a run file of a process that died counts as absent', async () => {
  await using dir = await tempDir()
  const path = join(dir.path, '8080.json')

  await writeRunFile(path, { ...content, pid: DEAD_PID })

  expect(await readRunFile(path)).toBeUndefined()
})

test('a run file that is broken counts as absent', async () => {
  await using dir = await tempDir()
  const path = join(dir.path, '8080.json')

  await writeFile(path, '{"pid":')

  expect(await readRunFile(path)).toBeUndefined()
})

test('a process removes its own run file and leaves that of another', async () => {
  await using dir = await tempDir()
  const path = join(dir.path, '8080.json')
  await writeRunFile(path, content)

  await removeRunFile(path, content.pid + 1)
  expect(await readRunFile(path)).toEqual(content)

  await removeRunFile(path, content.pid)
  expect(await readRunFile(path)).toBeUndefined()
})
