import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { freePort, tempDir, testLogger } from '@ddmq/testkit'
import { expect, test } from 'vitest'

test('a temporary folder is gone with all it holds when it is disposed', async () => {
  let path = ''
  {
    await using dir = await tempDir()
    path = dir.path
    await writeFile(join(path, 'a'), 'x')
    expect(existsSync(path)).toBe(true)
  }

  expect(existsSync(path)).toBe(false)
})

test('a free port can be listened on', async () => {
  const port = await freePort()

  const server = createServer().listen(port, '127.0.0.1')
  await once(server, 'listening')
  expect(server.address()).toMatchObject({ port })
  server.close()
})

test('a test logger collects what a child logger writes, at every level', () => {
  const { log, lines, withMessage } = testLogger()

  log.child({ component: 'c' }).trace({ n: 1 }, 'started')
  log.warn('slow')

  expect(lines.map(({ level, msg }) => `${level} ${msg}`)).toEqual(['trace started', 'warn slow'])
  expect(withMessage('started')).toMatchObject([{ component: 'c', n: 1 }])
})
