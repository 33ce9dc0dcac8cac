import { mkdir, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Clock } from '@ddmq/common/clock'
import type { Component } from '@ddmq/common/lifecycle'
import { Kysely, SqliteDialect } from 'kysely'
import { SqliteAccountStore } from './account-store.ts'
import { dateTime } from './columns.ts'
import { SqliteMetadataStore } from './metadata-store.ts'
import { migrate } from './migrate.ts'
import { openDatabase, toKyselyDatabase } from './node-sqlite.ts'
import type { Tables } from './tables.ts'

/** The console's SQLite file: opened and migrated at start. The stores may be used while it runs. */
export class ConsoleDatabase implements Component {
  readonly name = 'console database'
  readonly metadata: SqliteMetadataStore
  readonly accounts: SqliteAccountStore
  readonly #file: string
  readonly #db: Kysely<Tables>

  constructor(file: string, clock: Clock) {
    this.#file = file
    this.#db = new Kysely<Tables>({
      dialect: new SqliteDialect({
        database: () => {
          const database = openDatabase(file)
          migrate(database)
          return Promise.resolve(toKyselyDatabase(database))
        },
      }),
    })
    this.metadata = new SqliteMetadataStore(this.#db, () => dateTime(clock.nowMs()))
    this.accounts = new SqliteAccountStore(this.#db)
  }

  async start(): Promise<void> {
    await mkdir(dirname(this.#file), { recursive: true })
    // Only its owner may read a new file, and the journal files beside it that SQLite makes in its image.
    await (await open(this.#file, 'a', 0o600)).close()
    await this.accounts.deleteExpiredSessions(0)
  }

  stop(): Promise<void> {
    return this.#db.destroy()
  }
}
