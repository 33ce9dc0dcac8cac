import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { tempDir } from '@ddmq/testkit'
import { expect, onTestFinished, test } from 'vitest'
import { Ddmq } from './ddmq-process.ts'

async function idsOf(file: string): Promise<string[]> {
  return (await readFile(file, 'utf8')).split('\n').filter(id => id !== '')
}

test('after kill −9 under load everything acknowledged is pulled, and nothing submitted comes again', async () => {
  const home = await tempDir()
  onTestFinished(() => home[Symbol.asyncDispose]())
  const ddmq = new Ddmq(home.path)
  const file = (name: string): string => join(home.path, name)
  await ddmq.up()
  await ddmq.json('topic', 'create', 'load', '--partitions', '8')
  await ddmq.json('group', 'create', 'cg_e2e')
  await ddmq.json('sub', 'create', 'cg_e2e', 'load', '--timeout', '2s')

  const producing = ddmq.start('bench', 'produce', 'load', '--seconds', '6', '--ids', file('sent'))
  const pulledBefore = await ddmq.run(
    'bench',
    'consume',
    'cg_e2e',
    '--seconds',
    '2',
    '--ids',
    file('pulled-before'),
  )
  await ddmq.kill('SIGKILL')
  await ddmq.up()
  const produced = await producing.finished
  await ddmq.run('bench', 'consume', 'cg_e2e', '--seconds', '6', '--ids', file('pulled-after'))

  expect(pulledBefore.code).toBe(0)
  expect(produced.code).toBe(0)
  const sent = await idsOf(file('sent'))
  const before = new Set(await idsOf(file('pulled-before')))
  const after = new Set(await idsOf(file('pulled-after')))
  expect(before.size).toBeGreaterThan(0)
  expect(after.size).toBeGreaterThan(0)
  expect(sent.filter(id => !before.has(id) && !after.has(id))).toEqual([])
  expect([...after].filter(id => before.has(id))).toEqual([])
}, 90_000)

test('CM-38 an orderly stop ends with exit code 0 and keeps topics, groups and messages', async () => {
  const home = await tempDir()
  onTestFinished(() => home[Symbol.asyncDispose]())
  const ddmq = new Ddmq(home.path)
  await ddmq.up()
  await ddmq.json('topic', 'create', 'orders')
  await ddmq.json('group', 'create', 'cg_e2e')
  await ddmq.json('sub', 'create', 'cg_e2e', 'orders')
  await ddmq.json('send', 'orders', 'kept')

  const code = await ddmq.kill('SIGTERM')
  const log = await ddmq.up()
  const [message] = await ddmq.json('pull', 'cg_e2e', '--max', '1')

  expect(code).toBe(0)
  expect(log).not.toContain('shown once')
  expect(message).toMatchObject({ body: 'kept' })
})
