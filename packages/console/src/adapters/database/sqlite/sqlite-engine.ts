import { mkdir, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import type { Health } from '@ddmq/common/lifecycle'
import { Kysely, SqliteDialect } from 'kysely'
import type { DatabaseEngine } from '../engine.ts'
import { refuseNewer, type SchemaPlan } from '../schema-plan.ts'
import type { Tables } from '../tables.ts'
import { CREATE_ORIGINAL_TABLES } from './migrations/0001-original-tables.ts'
import { ADD_ACCOUNTS } from './migrations/0002-accounts.ts'
import { ADD_OUTBOX } from './migrations/0003-outbox.ts'
import { openDatabase, toKyselyDatabase } from './node-sqlite.ts'
import { SqliteSession } from './sqlite-session.ts'

/** In order; only ever appended to. The number of those applied is the file's `user_version`. */
const MIGRATIONS = [CREATE_ORIGINAL_TABLES, ADD_ACCOUNTS, ADD_OUTBOX]

/** One file, used by one console: what is exclusive among consoles is exclusive within the process. */
export class SqliteEngine implements DatabaseEngine {
  readonly session: SqliteSession
  readonly #file: string
  readonly #db: Kysely<Tables>
  #database: DatabaseSync | undefined

  constructor(file: string) {
    this.#file = file
    this.#db = new Kysely<Tables>({
      dialect: new SqliteDialect({ database: () => Promise.resolve(toKyselyDatabase(this.#opened())) }),
    })
    this.session = new SqliteSession(this.#db)
  }

  async open(): Promise<void> {
    await mkdir(dirname(this.#file), { recursive: true })
    // Only its owner may read a new file, and the journal files beside it that SQLite makes in its image.
    await (await open(this.#file, 'a', 0o600)).close()
    this.#database = openDatabase(this.#file)
  }

  async close(): Promise<void> {
    await this.#db.destroy()
    if (this.#database?.isOpen === true) this.#database.close()
  }

  plan(): Promise<SchemaPlan> {
    const from = Number(this.#opened().prepare('PRAGMA user_version').get()?.['user_version'])
    const to = MIGRATIONS.length
    refuseNewer(this.#file, from, to)
    const statements = MIGRATIONS.slice(from).flatMap(sql => sql.split(';\n').map(part => part.trim()))
    return Promise.resolve({ database: this.#file, from, to, statements })
  }

  async migrate(): Promise<SchemaPlan> {
    const plan = await this.plan()
    MIGRATIONS.slice(plan.from).forEach((sql, index) => {
      this.#opened().exec(`BEGIN; ${sql}; PRAGMA user_version = ${plan.from + index + 1}; COMMIT`)
    })
    return plan
  }

  health(): Health {
    return { ok: true }
  }

  #opened(): DatabaseSync {
    if (this.#database === undefined) throw new Error('the database is not open')
    return this.#database
  }
}
