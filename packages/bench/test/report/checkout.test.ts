import { execFileSync } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { tempDir } from '@ddmq/testkit'
import { expect, test } from 'vitest'
import { checkoutOf } from '../../src/index.ts'

/** A repository with one commit and a folder in it; resolves with the commit. */
function commitIn(path: string): string {
  const git = (...args: readonly string[]): string =>
    execFileSync('git', ['-C', path, '-c', 'user.name=t', '-c', 'user.email=t@t', ...args], {
      encoding: 'utf8',
    })
  git('init', '-q')
  git('add', '.')
  git('commit', '-qm', 'first')
  return git('rev-parse', 'HEAD').trim()
}

test('a checkout is told by its commit, and whether anything was changed since', async () => {
  await using dir = await tempDir()
  const file = join(dir.path, 'file')
  await writeFile(file, 'one')
  const commit = commitIn(dir.path)

  expect(await checkoutOf(dir.path, '1.2.3')).toEqual({ version: '1.2.3', commit, hasLocalChanges: false })
  await writeFile(file, 'two')
  expect(await checkoutOf(dir.path, '1.2.3')).toEqual({ version: '1.2.3', commit, hasLocalChanges: true })
})

test('outside a checkout, and in a folder of somebody else, only the version is known', async () => {
  await using dir = await tempDir()
  const inner = join(dir.path, 'ddmq')
  await mkdir(inner)
  await writeFile(join(inner, 'file'), 'one')

  expect(await checkoutOf(inner, '1.2.3')).toEqual({ version: '1.2.3' })
  commitIn(dir.path)
  expect(await checkoutOf(inner, '1.2.3')).toEqual({ version: '1.2.3' })
  expect(await checkoutOf(undefined, '1.2.3')).toEqual({ version: '1.2.3' })
})
