import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { faultRounds, tempDir } from '@ddmq/testkit'
import { expect, onTestFinished, test } from 'vitest'
import { Ddmq } from './ddmq-process.ts'

const ROUNDS = faultRounds(1, 10)

async function idsOf(file: string): Promise<string[]> {
  return (await readFile(file, 'utf8')).split('\n').filter(id => id !== '')
}

test(
  'after kill −9 under load everything acknowledged is pulled, and nothing submitted comes again',
  async () => {
    const home = await tempDir()
    onTestFinished(() => home[Symbol.asyncDispose]())
    const ddmq = new Ddmq(home.path)
    const file = (name: string): string => join(home.path, name)
    await ddmq.up()
    await ddmq.json('topic', 'create', 'load', '--partitions', '8')
    await ddmq.json('group', 'create', 'cg_e2e')
    await ddmq.json('sub', 'create', 'cg_e2e', 'load', '--timeout', '2s')

    const acknowledged: string[] = []
    const pulled: string[] = []
    for (let round = 0; round < ROUNDS; round++) {
      const producing = ddmq.start('bench', 'produce', 'load', '--seconds', '6', '--ids', file('sent'))
      await ddmq.run('bench', 'consume', 'cg_e2e', '--seconds', '2', '--ids', file('pulled'))
      pulled.push(...(await idsOf(file('pulled'))))
      await ddmq.kill('SIGKILL')
      await ddmq.up()
      expect((await producing.finished).code).toBe(0)
      acknowledged.push(...(await idsOf(file('sent'))))
    }
    await ddmq.run('bench', 'consume', 'cg_e2e', '--seconds', '8', '--ids', file('pulled'))
    const pulledAtLast = await idsOf(file('pulled'))

    expect(pulled.length).toBeGreaterThan(0)
    expect(pulledAtLast.length).toBeGreaterThan(0)
    const all = new Set([...pulled, ...pulledAtLast])
    expect(acknowledged.filter(id => !all.has(id))).toEqual([])
    expect(all.size).toBe(pulled.length + pulledAtLast.length)
  },
  ROUNDS * 60_000,
)

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
