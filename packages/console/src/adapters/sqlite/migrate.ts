import type { DatabaseSync } from 'node:sqlite'
import { CREATE_ORIGINAL_TABLES } from './migrations/0001-original-tables.ts'
import { ADD_ACCOUNTS } from './migrations/0002-accounts.ts'

/** In order; only ever appended to. The number of those applied is the file's `user_version`. */
const MIGRATIONS = [CREATE_ORIGINAL_TABLES, ADD_ACCOUNTS]

/** Brings the file to the newest schema, each step in a transaction. A file from a newer version is refused. */
export function migrate(database: DatabaseSync): void {
  const applied = Number(database.prepare('PRAGMA user_version').get()?.['user_version'])
  if (applied > MIGRATIONS.length) {
    throw new Error(
      `the console's database has schema ${applied}, newer than ${MIGRATIONS.length}: start the version that wrote it`,
    )
  }
  MIGRATIONS.slice(applied).forEach((sql, index) => {
    database.exec(`BEGIN; ${sql}; PRAGMA user_version = ${applied + index + 1}; COMMIT`)
  })
}
