import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { mariaDbMissing, startMariaDb, tempDir } from '@ddmq/testkit'
import { describe, expect, test } from 'vitest'

const missing = await mariaDbMissing()

describe.skipIf(missing !== undefined)(`MariaDB${missing === undefined ? '' : ` (${missing})`}`, () => {
  test('starts on a port of its own, comes back after kill −9, and leaves nothing behind', async () => {
    let dir = ''
    {
      await using server = await startMariaDb({ settings: { wait_timeout: 7 } })
      dir = server.dir
      const firstPid = server.pid

      await server.kill()
      expect(server.isRunning).toBe(false)
      await server.start()

      expect(server.pid).not.toBe(firstPid)
      expect(await server.log()).toContain(`port: ${server.port}`)
    }
    expect(existsSync(dir)).toBe(false)
  })

  test('keeps a given folder', async () => {
    await using dir = await tempDir()
    {
      await using server = await startMariaDb({
        dir: dir.path,
        initSql: ['CREATE DATABASE IF NOT EXISTS kept'],
      })
      expect(server.dir).toBe(dir.path)
    }
    {
      await using server = await startMariaDb({ dir: dir.path })
      expect(server.isRunning).toBe(true)
    }

    expect(existsSync(join(dir.path, 'data/kept'))).toBe(true)
  })

  test('a setting that the server does not know is an error with the end of its log', async () => {
    await expect(startMariaDb({ settings: { no_such_setting: 1 } })).rejects.toThrow(/no-such-setting/)
  })
})
