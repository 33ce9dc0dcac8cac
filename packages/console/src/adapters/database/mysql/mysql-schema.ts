import { type Kysely, sql } from 'kysely'
import { DatabaseRefusedError } from '../../../errors.ts'
import { refuseNewer, type SchemaPlan } from '../schema-plan.ts'
import type { Tables } from '../tables.ts'
import { ADDED_COLUMNS, ORIGINAL_TABLES } from './migrations/0001-original-tables.ts'
import { ACCOUNT_TABLES } from './migrations/0002-accounts.ts'
import { OUTBOX_TABLES } from './migrations/0003-outbox.ts'

/**
 * Schema steps, only ever appended to. MySQL ends a transaction at every change of a table, so a step is made of
 * statements that are left out where their effect is there already: one that was cut short goes on where it stopped, and
 * a database of the original console is adopted by the same steps.
 */
const STEPS: readonly ((present: Present) => readonly string[])[] = [
  present => [...missingTables(ORIGINAL_TABLES, present), ...missingColumns(present)],
  present => missingTables(ACCOUNT_TABLES, present),
  present => missingTables(OUTBOX_TABLES, present),
]

const VERSION_TABLE = 'ddmq_schema'

/** Columns by table, in small letters. */
type Present = ReadonlyMap<string, ReadonlySet<string>>

export async function planSchema(db: Kysely<Tables>, database: string): Promise<SchemaPlan> {
  const present = await presentTables(db)
  const from = present.has(VERSION_TABLE) ? await storedVersion(db) : 0
  const to = STEPS.length
  refuseNewer(database, from, to)
  if (from === to) return { database, from, to, statements: [] }
  const statements = [
    ...(present.has(VERSION_TABLE)
      ? []
      : [`CREATE TABLE ${VERSION_TABLE} (version int NOT NULL PRIMARY KEY) ENGINE=InnoDB`]),
    ...STEPS.slice(from).flatMap(step => step(present)),
    `REPLACE INTO ${VERSION_TABLE} (version) VALUES (${to})`,
  ]
  return { database, from, to, statements }
}

export async function applySchema(db: Kysely<Tables>, { statements, database }: SchemaPlan): Promise<void> {
  for (const statement of statements) {
    try {
      await sql.raw(statement).execute(db)
    } catch (cause) {
      const what = statement.split('\n')[0]
      throw new DatabaseRefusedError(
        `the schema of ${database} cannot be brought up to date by this user; run \`ddmq console migrate\` as one that may: ${what}`,
        { cause },
      )
    }
  }
}

async function storedVersion(db: Kysely<Tables>): Promise<number> {
  const { rows } = await sql<{ version: number | null }>`
    select max(version) as version from ${sql.table(VERSION_TABLE)}`.execute(db)
  return rows[0]?.version ?? 0
}

async function presentTables(db: Kysely<Tables>): Promise<Present> {
  const { rows } = await sql<{ t: string; c: string }>`
    select lower(table_name) as t, lower(column_name) as c
    from information_schema.columns where table_schema = database()`.execute(db)
  const present = new Map<string, Set<string>>()
  for (const { t, c } of rows) {
    const columns = present.get(t) ?? new Set()
    present.set(t, columns.add(c))
  }
  return present
}

function missingTables(tables: ReadonlyMap<string, string>, present: Present): readonly string[] {
  return [...tables].filter(([name]) => !present.has(name)).map(([, statement]) => statement)
}

function missingColumns(present: Present): readonly string[] {
  return ADDED_COLUMNS.filter(([table, column]) => present.get(table)?.has(column) !== true).map(
    ([table, column, definition]) => `ALTER TABLE ${table} ADD COLUMN ${column} ${definition}`,
  )
}
