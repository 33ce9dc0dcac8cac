import { describeError } from '@ddmq/common/errors'
import { eventually, faultRounds, freePort, mariaDbMissing, startMariaDb, testLogger } from '@ddmq/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { migrateConsole } from '../../src/migrate-console.ts'
import { startCommitCutter } from '../support/commit-cutter.ts'
import { startDatabase } from '../support/database-run.ts'
import { askServer, type MariaDbRun, mysqlConfig, startMariaDbRun } from '../support/mariadb-run.ts'
import { newGroup } from '../support/rows.ts'

const missing = await mariaDbMissing()

describe.skipIf(missing !== undefined)(
  `MariaDB faults${missing === undefined ? '' : ` (${missing})`}`,
  () => {
    let mariadb: MariaDbRun
    beforeAll(async () => {
      mariadb = await startMariaDbRun()
    })
    afterAll(() => mariadb[Symbol.asyncDispose]())

    const start = async (overrides: object = {}) =>
      startDatabase(mariadb.config(await mariadb.schema(), overrides))

    test('connections that the server ended while they were idle are not noticed by callers', async () => {
      await using run = await start()
      const { metadata } = run
      await Promise.all(Array.from({ length: 5 }, () => metadata.inventory()))

      for (let round = 0; round < 5; round++) {
        const own = await mariadb.ask(
          "SELECT id FROM information_schema.processlist WHERE user = 'testkit' AND id != connection_id()",
        )
        expect(own.length).toBeGreaterThan(0)
        await mariadb.ask(own.map(({ id }) => `KILL ${String(id)}`).join(';'))
        await metadata.write(rows => rows.insertGroup(newGroup(`cg_${round}`)))
        await metadata.exclusively('change', store => store.inventory())
        await run.accounts.sessionAccount('x', 0)
      }

      expect((await metadata.inventory()).groups).toHaveLength(5)
    })

    test('connections that were idle for longer than wait_timeout are replaced', async () => {
      await mariadb.ask('SET GLOBAL wait_timeout = 1')
      try {
        await using run = await start()
        await run.metadata.inventory()
        await eventually(async () => {
          const own = await mariadb.ask(
            "SELECT id FROM information_schema.processlist WHERE user = 'testkit' AND id != connection_id()",
          )
          expect(own).toEqual([])
        })

        expect((await run.metadata.inventory()).topics).toEqual([])
        await run.metadata.write(rows => rows.insertGroup(newGroup('cg_a')))
      } finally {
        await mariadb.ask('SET GLOBAL wait_timeout = 28800')
      }
    })

    test('kill −9 of the server under load: what was answered is there, what was refused as such is not, no restart of ours', async () => {
      await using run = await start({ waitMs: 500 })
      const { metadata } = run
      const stored: string[] = []
      const refused: string[] = []
      const unknown: string[] = []
      const others: unknown[] = []
      const load = { isRunning: true }
      const writer = async (id: number) => {
        for (let index = 0; load.isRunning; index++) {
          const name = `cg_${id}_${index}`
          try {
            await metadata.write(rows => rows.insertGroup(newGroup(name)))
            stored.push(name)
          } catch (thrown) {
            if (codeOf(thrown) === 'CONSOLE_DATABASE_OUTCOME_UNKNOWN') unknown.push(name)
            else if (codeOf(thrown) === 'CONSOLE_DATABASE_UNAVAILABLE') refused.push(name)
            else others.push(thrown)
          }
        }
      }
      const writers = [1, 2, 3, 4].map(writer)

      for (let round = 0; round < faultRounds(3, 20); round++) {
        const before = stored.length
        await eventually(() => expect(stored.length).toBeGreaterThan(before + 20))
        await mariadb.server.kill()
        const failed = refused.length + unknown.length
        await eventually(() => expect(refused.length + unknown.length).toBeGreaterThan(failed))
        expect(run.database.health()).toMatchObject({
          ok: false,
          reason: expect.stringContaining('ECONNREFUSED'),
        })
        await mariadb.server.start()
      }
      const before = stored.length
      await eventually(() => expect(stored.length).toBeGreaterThan(before + 20))
      load.isRunning = false
      await Promise.all(writers)

      const present = new Set((await metadata.inventory()).groups.map(group => group.name))
      expect(others).toEqual([])
      expect(stored.filter(name => !present.has(name))).toEqual([])
      expect(refused.filter(name => present.has(name))).toEqual([])
      expect(run.database.health()).toEqual({ ok: true })
    })

    test.each(['before the server has it', 'before the answer is back'] as const)(
      'a commit that is cut off %s is never a success, and never made twice',
      async cut => {
        await using cutter = await startCommitCutter(mariadb.server)
        await using run = await start({ hosts: [cutter.host] })
        const { metadata } = run
        await metadata.write(rows => rows.insertGroup(newGroup('cg_first')))
        let runs = 0

        cutter.arm(cut)
        const writing = metadata.write(rows => {
          runs += 1
          return rows.insertGroup(newGroup('cg_a'))
        })

        await expect(writing).rejects.toMatchObject({ code: 'CONSOLE_DATABASE_OUTCOME_UNKNOWN' })
        expect([runs, cutter.cuts()]).toEqual([1, 1])
        const isThere = cut === 'before the answer is back'
        await eventually(async () =>
          expect((await metadata.inventory()).groups.map(group => group.name)).toEqual(
            isThere ? ['cg_first', 'cg_a'] : ['cg_first'],
          ),
        )
      },
    )

    test('a lock whose connection is lost is free for another console, and its holder stores nothing more', async () => {
      const schema = await mariadb.schema()
      await using first = await startDatabase(mariadb.config(schema))
      await using second = await startDatabase(mariadb.config(schema))

      const holder = first.metadata.exclusively('change', async store => {
        const connections = await mariadb.ask(
          "SELECT id FROM information_schema.processlist WHERE user = 'testkit' AND id != connection_id()",
        )
        await mariadb.ask(connections.map(({ id }) => `KILL ${String(id)}`).join(';'))
        await second.metadata.exclusively('change', other =>
          other.write(rows => rows.insertGroup(newGroup('cg_second'))),
        )
        await store.write(rows => rows.insertGroup(newGroup('cg_first')))
      })

      await expect(holder).rejects.toMatchObject({ code: 'CONSOLE_DATABASE_UNAVAILABLE' })
      expect((await first.metadata.inventory()).groups.map(group => group.name)).toEqual(['cg_second'])
    })

    test('transactions that block each other for good are run again', async () => {
      await using run = await start()
      const { metadata } = run
      await metadata.write(async rows => {
        for (const host of ['10.0.0.1', '10.0.0.2']) {
          await rows.insertNode({ clusterId: 1, host, kind: 'pproxy', seeded: false })
        }
      })
      const runs: number[] = []
      const both = async (first: number, second: number) => {
        await metadata.write(async rows => {
          runs.push(first)
          await rows.deleteNode(first)
          await eventually(() => expect(new Set(runs)).toEqual(new Set([1, 2])))
          await rows.deleteNode(second)
        })
      }

      await Promise.all([both(1, 2), both(2, 1)])

      expect(runs.length).toBeGreaterThan(2)
      expect((await metadata.inventory()).nodes).toEqual([])
    })

    test('a server that turned read-only is left for the one that takes writes', async () => {
      await using second = await startMariaDb()
      const schema = await mariadb.schema()
      await askServer(second, `CREATE DATABASE ${schema}`)
      const account =
        "CREATE OR REPLACE USER plain IDENTIFIED BY 'x'; GRANT ALL ON *.* TO plain; REVOKE READ_ONLY ADMIN, SUPER ON *.* FROM plain"
      for (const server of [mariadb.server, second]) await askServer(server, account)
      const hosts = [mariadb.server, second].map(({ host, port }) => `${host}:${port}`)
      const config = mysqlConfig(mariadb.server, schema, {
        hosts,
        user: 'plain',
        password: 'x',
        waitMs: 3000,
      })
      await using elsewhere = await startDatabase(mysqlConfig(second, schema))
      await using run = await startDatabase(config)
      const write = (name: string) => run.metadata.write(rows => rows.insertGroup(newGroup(name)))
      await write('cg_first')

      try {
        await mariadb.ask('SET GLOBAL read_only = 1')
        await write('cg_second')
        expect((await elsewhere.metadata.inventory()).groups.map(group => group.name)).toEqual(['cg_second'])

        await askServer(second, 'SET GLOBAL read_only = 1')
        await expect(write('cg_third')).rejects.toMatchObject({
          code: 'CONSOLE_DATABASE_UNAVAILABLE',
          cause: { message: expect.stringContaining('is read-only') },
        })
        expect(run.database.health()).toMatchObject({
          ok: false,
          reason: expect.stringContaining(hosts[1] ?? ''),
        })
      } finally {
        await mariadb.ask('SET GLOBAL read_only = 0')
      }
      await write('cg_fourth')
      expect((await run.metadata.inventory()).groups.map(group => group.name)).toEqual([
        'cg_first',
        'cg_fourth',
      ])
    })

    test('a frozen server costs each call its time limit, not more, and is used again when it goes on', async () => {
      await using run = await start({ queryTimeoutMs: 2000, connectTimeoutMs: 2000, waitMs: 100 })
      await run.metadata.inventory()

      await mariadb.server.freeze()
      try {
        await expect(run.metadata.inventory()).rejects.toMatchObject({ code: 'CONSOLE_DATABASE_UNAVAILABLE' })
      } finally {
        mariadb.server.thaw()
      }

      await eventually(async () => expect((await run.metadata.inventory()).groups).toEqual([]))
    })

    test('there are never more connections than the pool may have; whoever waits too long is told', async () => {
      await using run = await start({ poolSize: 4, waitMs: 2000 })
      const held = Promise.withResolvers<undefined>()
      const holders = Array.from({ length: 4 }, () => run.metadata.write(() => held.promise))
      const late = run.metadata.inventory()

      await expect(late).rejects.toMatchObject({
        code: 'CONSOLE_DATABASE_UNAVAILABLE',
        message: expect.stringContaining('all 4 database connections'),
      })
      held.resolve(undefined)
      await Promise.all(holders)
      expect((await run.metadata.inventory()).groups).toEqual([])
    })

    test('a wrong password and a database that is not there are one line each, without the password, and a migration ends', async () => {
      const at = `${mariadb.server.host}:${mariadb.server.port}`
      const failing = async (overrides: object, database = 'mysql') => {
        const { log } = testLogger()
        const options = { log, dryRun: true, abort: AbortSignal.timeout(20_000) }
        const failure: unknown = await migrateConsole(mariadb.config(database, overrides), options).catch(
          (thrown: unknown) => thrown,
        )
        return failure
      }

      const wrongPassword = await failing({ password: 'wrong-secret' })
      const noDatabase = await failing({}, 'nowhere')

      expect(wrongPassword).toMatchObject({ code: 'CONSOLE_DATABASE_REFUSED' })
      expect(describeError(wrongPassword)).toContain(`as user testkit at ${at} (Access denied`)
      expect(describeError(wrongPassword)).not.toContain('wrong-secret')
      expect(noDatabase).toMatchObject({ code: 'CONSOLE_DATABASE_REFUSED' })
      expect(describeError(noDatabase)).toContain(`MySQL database nowhere as user testkit at ${at}`)
    })

    test('a start with a wrong password waits, says where and as whom it is refused, and goes on when that is mended', async () => {
      const database = await mariadb.schema()
      const { log, lines } = testLogger()
      const config = mariadb.config(database, { user: 'late', password: 'late-secret' })
      const starting = startDatabase(config, log)
      await eventually(() =>
        expect(lines.at(-1)?.msg).toContain(
          `as user late at ${mariadb.server.host}:${mariadb.server.port} (Access denied`,
        ),
      )

      await mariadb.ask(
        `CREATE USER late IDENTIFIED BY 'late-secret'; GRANT ALL ON ${database}.* TO late; GRANT PROCESS ON *.* TO late`,
      )
      await using run = await starting

      expect((await run.metadata.inventory()).topics).toEqual([])
      expect(JSON.stringify(lines)).not.toContain('late-secret')
    })

    test('a start waits for a server that comes later, and says which one', async () => {
      const port = await freePort()
      const first = await startMariaDb()
      const { dir } = first
      await askServer(first, 'CREATE DATABASE later')
      await first.stop()
      const config = mysqlConfig(first, 'later', { hosts: [`127.0.0.1:${port}`] })

      const starting = startDatabase(config)
      await using second = await startMariaDb({ dir, port })
      await using run = await starting

      expect((await run.metadata.inventory()).topics).toEqual([])
      expect(second.isRunning).toBe(true)
      await first[Symbol.asyncDispose]()
    })
  },
)

function codeOf(thrown: unknown): unknown {
  return thrown instanceof Error ? Reflect.get(thrown, 'code') : undefined
}
