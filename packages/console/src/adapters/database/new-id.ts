import type { InsertQueryBuilder, InsertResult } from 'kysely'
import type { Tables } from './tables.ts'

/** Id of the row just inserted; `returning` is not known to MySQL. */
export async function newId<Table extends keyof Tables>(
  insert: InsertQueryBuilder<Tables, Table, InsertResult>,
): Promise<number> {
  return Number((await insert.executeTakeFirstOrThrow()).insertId)
}
