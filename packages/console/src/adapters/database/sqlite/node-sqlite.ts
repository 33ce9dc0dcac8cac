import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import type { SqliteDatabase, SqliteStatement } from 'kysely'

const BUSY_TIMEOUT_MS = 5000

/** Opens the file for Kysely's SQLite dialect: write-ahead log, so that readers and the writer do not wait for each other. */
export function openDatabase(file: string): DatabaseSync {
  const database = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS, enableForeignKeyConstraints: true })
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
  return database
}

/** The shape Kysely's dialect expects of a driver, over node:sqlite. */
export function toKyselyDatabase(database: DatabaseSync): SqliteDatabase {
  return {
    close: () => database.close(),
    prepare(sql): SqliteStatement {
      const statement = database.prepare(sql)
      return {
        reader: statement.columns().length > 0,
        all: parameters => statement.all(...toValues(parameters)),
        run: parameters => statement.run(...toValues(parameters)),
        iterate: parameters => statement.iterate(...toValues(parameters)),
      }
    },
  }
}

/** The stores bind only what SQLite stores: numbers, texts, null. */
function toValues(parameters: readonly unknown[]): SQLInputValue[] {
  return parameters.map(value => {
    if (typeof value === 'number' || typeof value === 'string' || value === null) return value
    throw new TypeError(`a value of type ${typeof value} cannot be bound`)
  })
}
