import { type Kysely, sql } from 'kysely'
import { DatabaseUnavailableError } from '../../../errors.ts'
import type { Tables } from '../tables.ts'

/** Each try waits one second inside the server: shorter than the time limit of a statement. */
const TRIES = 10
/** A console that is frozen or cut off while it holds a lock loses it after this long. */
const HOLDER_SILENT_SECONDS = 60

type LockName = ReturnType<typeof sql>

/**
 * Runs `work` while this connection holds a lock of the database's own. The server frees it when the connection ends,
 * however it ends; it needs no table and no privilege.
 */
export async function withNamedLock<Result>(
  connection: Kysely<Tables>,
  what: string,
  work: () => Promise<Result>,
): Promise<Result> {
  // Locks have one name space per server, names at most 64 characters.
  const name = sql`concat('ddmq.', ${what}, '.', md5(database()))`
  await sql`set session wait_timeout = ${sql.lit(HOLDER_SILENT_SECONDS)}`.execute(connection)
  await take(connection, name, what)
  try {
    return await work()
  } finally {
    await free(connection, name)
  }
}

async function take(connection: Kysely<Tables>, name: LockName, what: string): Promise<void> {
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    const { rows } = await sql<{ taken: number | null }>`select get_lock(${name}, 1) as taken`.execute(
      connection,
    )
    if (rows[0]?.taken === 1) return
  }
  throw new DatabaseUnavailableError(`another console is at work (${what}); try again shortly`)
}

/** What was done stays done when the connection is lost here; the lock is free then, too. */
async function free(connection: Kysely<Tables>, name: LockName): Promise<void> {
  try {
    await sql`do release_lock(${name})`.execute(connection)
    await sql`set session wait_timeout = @@global.wait_timeout`.execute(connection)
  } catch {
    // The pool closes a connection that failed.
  }
}
