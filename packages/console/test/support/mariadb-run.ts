import { type MariaDb, startMariaDb } from '@ddmq/testkit'
import { createConnection, type RowDataPacket } from 'mysql2/promise'
import { type ConsoleConfig, consoleConfigSchema } from '../../src/config.ts'

/** Settings that a server may have and that nothing may depend on. */
const HOSTILE = {
  character_set_server: 'latin1',
  collation_server: 'latin1_swedish_ci',
  default_time_zone: '+05:30',
  sql_mode: 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES',
  transaction_isolation: 'READ-COMMITTED',
}

/** Safe against kill −9 of the server, not against loss of power, which no test can cause. */
const FAST = { innodb_flush_log_at_trx_commit: 2, innodb_file_per_table: 0, innodb_doublewrite: 0 }

let schemas = 0

/** A real server with unfriendly defaults, and a new database in it for each test. */
export async function startMariaDbRun(settings: Readonly<Record<string, string | number>> = {}) {
  const server = await startMariaDb({ settings: { ...HOSTILE, ...FAST, ...settings } })
  const ask = (sql: string, database?: string) => askServer(server, sql, database)
  return {
    server,
    ask,
    /** Name of a new, empty database. */
    async schema(): Promise<string> {
      const name = `console_${(schemas += 1)}`
      await ask(`CREATE DATABASE ${name}`)
      return name
    },
    config: (database: string, overrides: object = {}) => mysqlConfig(server, database, overrides),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

export type MariaDbRun = Awaited<ReturnType<typeof startMariaDbRun>>

interface ServerAccount {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
}

/** Runs one statement with all rights, on a connection of its own. */
export async function askServer(
  { host, port, user, password }: ServerAccount,
  sql: string,
  database?: string,
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const options = { host, port, user, password, dateStrings: true, multipleStatements: true }
  const connection = await createConnection(database === undefined ? options : { ...options, database })
  try {
    const [rows] = await connection.query<RowDataPacket[]>(sql)
    return Array.isArray(rows) ? rows.map(row => Object.fromEntries(Object.entries(row))) : []
  } finally {
    await connection.end()
  }
}

export function mysqlConfig(
  { host, port, user, password }: MariaDb,
  database: string,
  overrides: object = {},
): ConsoleConfig['database'] {
  const mysql = { hosts: [`${host}:${port}`], user, password, database, ...overrides }
  return consoleConfigSchema.shape.database.parse({ mysql })
}
