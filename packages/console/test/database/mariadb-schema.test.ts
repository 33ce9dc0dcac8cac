import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createLogger } from '@ddmq/common/log'
import { mariaDbMissing } from '@ddmq/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { migrateConsole } from '../../src/index.ts'
import { startDatabase } from '../support/database-run.ts'
import { askServer, type MariaDbRun, startMariaDbRun } from '../support/mariadb-run.ts'
import { newGroup, SEED } from '../support/rows.ts'

const PAGE = join(import.meta.dirname, '../../../../docs/reference/console-database.md')
const ACCOUNT_SQL = /^(?:CREATE USER|GRANT) [^;]*'ddmq_(?:console|migrate)'[^;]*;/gm
const missing = await mariaDbMissing()
const log = createLogger({ level: 'fatal', pretty: false })
const ORIGINAL = await readFile(join(import.meta.dirname, '../support/original-schema.sql'), 'utf8')

describe.skipIf(missing !== undefined)(
  `MariaDB schema${missing === undefined ? '' : ` (${missing})`}`,
  () => {
    let mariadb: MariaDbRun
    beforeAll(async () => {
      mariadb = await startMariaDbRun()
    })
    afterAll(() => mariadb[Symbol.asyncDispose]())

    const migrate = (database: string, dryRun: boolean) =>
      migrateConsole(mariadb.config(database), { log, dryRun, abort: AbortSignal.timeout(20_000) })

    const dump = async (database: string) => {
      const tables = await mariadb.ask(
        `SELECT table_name AS t FROM information_schema.tables WHERE table_schema = '${database}' ORDER BY 1`,
      )
      const contents: Record<string, unknown> = {}
      for (const { t } of tables) {
        contents[String(t)] = [
          await mariadb.ask(`SHOW CREATE TABLE ${String(t)}`, database),
          await mariadb.ask(`SELECT * FROM ${String(t)}`, database),
        ]
      }
      return contents
    }

    test('a dry run says what a migration would do, and changes nothing', async () => {
      const database = await mariadb.schema()

      const planned = await migrate(database, true)
      expect(await dump(database)).toEqual({})
      const done = await migrate(database, false)

      expect(done).toEqual(planned)
      expect(planned).toMatchObject({ database, from: 0, to: 3 })
      expect(planned.statements.filter(sql => sql.startsWith('CREATE TABLE'))).toHaveLength(14)
      expect((await migrate(database, true)).statements).toEqual([])
    })

    test('CO-19 a database of the original console is adopted with its rows, and values that nobody knows', async () => {
      const database = await mariadb.schema()
      await mariadb.ask(ORIGINAL, database)
      const before = await dump(database)

      const { statements } = await migrate(database, true)
      await using run = await startDatabase(mariadb.config(database))
      await run.metadata.write(rows => rows.seed(SEED))

      expect(statements.filter(sql => !sql.includes('ddmq_'))).toEqual([])
      const inventory = await run.metadata.inventory()
      expect(inventory).toMatchObject({
        clusters: [{ id: 1, name: 'ddmq' }],
        mqServers: [
          { name: 'R_default', addr: '127.0.0.1:9876', type: 0 },
          { name: 'R_odd', type: 99 },
        ],
        relations: [
          { kind: 'pproxy', proxyConf: { maxTps: 3000 } },
          { kind: 'cproxy', proxyConf: {} },
        ],
        nodes: [
          { id: 1, host: '127.0.0.1', kind: 'pproxy', seeded: false },
          { id: 2, host: '127.0.0.1', kind: 'cproxy', seeded: false },
        ],
        topics: [{ id: 1, name: 'old_topic', createTime: '2018-09-02 08:00:00' }],
        confs: [{ produceTps: 512 }],
        groups: [
          { name: 'cg_old', asyncThreads: 16 },
          { name: 'legacy_name', asyncThreads: 8 },
        ],
        subscriptions: [
          {
            id: 1,
            maxTps: 128.5,
            enabled: true,
            needsStart: false,
            startFrom: 'latest',
            retryIntervals: [50, 100, 150],
          },
          { id: 2, enabled: false, actions: [], retryIntervals: [], consumeType: 9 },
        ],
      })
      const after = await dump(database)
      const untouched = Object.keys(before).filter(table => !['node', 'consume_subscription'].includes(table))
      expect(Object.fromEntries(untouched.map(table => [table, after[table]]))).toEqual(
        Object.fromEntries(untouched.map(table => [table, before[table]])),
      )
    })

    test('in an adopted database names are given and taken as in one of our own; what does not fit is refused in words', async () => {
      const database = await mariadb.schema()
      await mariadb.ask(ORIGINAL, database)
      await using run = await startDatabase(mariadb.config(database))
      const insert = (name: string, owners = 'ann;') =>
        run.metadata.write(rows => rows.insertGroup(newGroup(name, { owners })))

      await run.metadata.write(async rows =>
        rows.deleteGroup(await rows.insertGroup(newGroup('cg_gone')), 'ann'),
      )
      await insert('cg_gone')

      expect(await run.metadata.topicNameTaken('gone_topic')).toBe(true)
      await expect(insert('cg_old')).rejects.toMatchObject({ code: 'CONSOLE_INVALID' })
      await expect(insert('cg_smile', '😀;')).rejects.toMatchObject({
        code: 'CONSOLE_INVALID',
        message: expect.stringContaining('contacters'),
      })
      await expect(insert('cg_long', 'a'.repeat(600))).rejects.toMatchObject({ code: 'CONSOLE_INVALID' })
    })

    test('the original goes on writing rows into an adopted database', async () => {
      const database = await mariadb.schema()
      await mariadb.ask(ORIGINAL, database)
      await migrate(database, false)

      await mariadb.ask(
        "INSERT INTO node (cluster_id, model_id, host, node_type) VALUES (1, 1, '10.0.0.7', 3)",
        database,
      )

      await using run = await startDatabase(mariadb.config(database))
      expect((await run.metadata.inventory()).nodes.map(node => node.host)).toContain('10.0.0.7')
    })

    test('a migration that was cut short goes on where it stopped', async () => {
      const whole = await mariadb.schema()
      const { statements } = await migrate(whole, false)
      const wanted = await dump(whole)

      for (const done of [1, 5, 11, statements.length - 1]) {
        const database = await mariadb.schema()
        await mariadb.ask(statements.slice(0, done).join(';'), database)
        const rest = await migrate(database, false)

        expect(rest.statements).toEqual(statements.slice(done))
        expect(await dump(database)).toEqual(wanted)
      }
    })

    test('consoles that start at once on an empty database do not collide', async () => {
      const config = mariadb.config(await mariadb.schema())

      const consoles = await Promise.all(Array.from({ length: 4 }, () => startDatabase(config)))
      await Promise.all(
        consoles.map(({ metadata }) =>
          metadata.exclusively('change', store => store.write(rows => rows.seed(SEED))),
        ),
      )

      expect((await consoles[0]?.metadata.inventory())?.clusters).toHaveLength(1)
      for (const console of consoles) await console[Symbol.asyncDispose]()
    })

    test('a database of a newer version is refused and left as it is', async () => {
      const database = await mariadb.schema()
      await migrate(database, false)
      await mariadb.ask('REPLACE INTO ddmq_schema (version) VALUES (99)', database)
      const before = await dump(database)

      await expect(startDatabase(mariadb.config(database))).rejects.toMatchObject({
        code: 'CONSOLE_DATABASE_NEWER',
        message: expect.stringContaining('has schema 99, newer than 3'),
      })
      expect(await dump(database)).toEqual(before)
    })

    test('the accounts of the documentation may migrate and run the console, each no more than that', async () => {
      const page = await readFile(PAGE, 'utf8')
      const grants = [...page.matchAll(ACCOUNT_SQL)].map(([sql]) => sql)
      const database = await mariadb.schema()
      await mariadb.ask(grants.join('').replaceAll('`ddmq`', database).replaceAll("'…'", "'x'"))
      const config = mariadb.config(database, { user: 'ddmq_console', password: 'x' })

      await expect(startDatabase(config)).rejects.toMatchObject({
        code: 'CONSOLE_DATABASE_REFUSED',
        message: expect.stringContaining('ddmq console migrate'),
      })
      const migrator = mariadb.config(database, { user: 'ddmq_migrate', password: 'x' })
      await migrateConsole(migrator, { log, dryRun: false, abort: AbortSignal.timeout(20_000) })
      await using run = await startDatabase(config)
      await run.metadata.exclusively('change', store => store.write(rows => rows.seed(SEED)))
      await run.accounts.putAccount('ann', 'hash')
      await run.metadata.write(rows => rows.touch([{ kind: 'topic', name: 't' }]))
      await run.metadata.removeMarks((await run.metadata.marks()).map(({ id }) => id))

      expect(grants).toHaveLength(4)
      expect((await run.metadata.inventory()).clusters).toHaveLength(1)
      const denied = askServer(
        { host: mariadb.server.host, port: mariadb.server.port, user: 'ddmq_console', password: 'x' },
        'DROP TABLE topic',
        database,
      )
      await expect(denied).rejects.toThrow(/denied/)
    })
  },
)
