import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { tempDir } from '@ddmq/testkit'
import { expect, onTestFinished, test } from 'vitest'
import { Ddmq } from './ddmq-process.ts'

async function prepare(): Promise<{ ddmq: Ddmq; home: string }> {
  const home = await tempDir()
  onTestFinished(() => home[Symbol.asyncDispose]())
  return { ddmq: new Ddmq(home.path), home: home.path }
}

/** The last line on standard error is the reason; log lines may stand before it. */
const reasonOf = (stderr: string): string => stderr.trimEnd().split('\n').at(-1) ?? ''

test.each([
  ['producer proxy', 9613],
  ['consumer proxy', 9713],
  ['console', 8080],
  ['admin', 9610],
])('up with the port of the %s busy says which and ends, with no listener left', async (_, base) => {
  const { ddmq } = await prepare()
  const squatter = createServer().listen(ddmq.port(base), '127.0.0.1')
  onTestFinished(() => void squatter.close())
  await once(squatter, 'listening')

  const { code, stderr, stdout } = await ddmq.run('up')

  expect(code).not.toBe(0)
  expect(reasonOf(stderr)).toContain(String(ddmq.port(base)))
  expect(stdout).not.toContain('ddmq ready')
})

test('up with a data folder that cannot be made says so', async () => {
  const { ddmq, home } = await prepare()
  await writeFile(join(home, 'file'), '')

  for (const folder of [join(home, 'file', 'below'), '/proc/ddmq/below']) {
    const { code, stderr } = await ddmq.run('up', '--data', folder)

    expect(code).toBe(2)
    expect(reasonOf(stderr)).toContain(folder)
  }
})

test('up with a data folder that another up holds says so, and the other goes on', async () => {
  const { ddmq, home } = await prepare()
  const second = new Ddmq(home)
  await ddmq.up('--data', join(home, 'shared'))

  const { code, stderr } = await second.run('up', '--data', join(home, 'shared'))

  expect(code).not.toBe(0)
  expect(reasonOf(stderr)).toContain('use')
  expect((await ddmq.run('topic', 'list')).code).toBe(0)
})

test('up with a broken configuration names every key that is wrong, and touches nothing', async () => {
  const { ddmq, home } = await prepare()
  const file = join(home, 'ddmq.yaml')
  await writeFile(file, 'fsync: maybe\nproducerProxy:\n  port: 99999\n')
  await mkdir(join(home, 'data'))

  const { code, stderr } = await ddmq.run('up', '--config', file)

  expect(code).toBe(78)
  expect(stderr).toContain('fsync')
  expect(stderr).toContain('producerProxy.port')
})
