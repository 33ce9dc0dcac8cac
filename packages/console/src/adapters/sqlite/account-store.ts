import type { Kysely } from 'kysely'
import type { AccountStore, ApiToken } from '../../core/ports.ts'
import type { Tables } from './tables.ts'

/** Accounts, sessions and tokens. Only hashes of secrets reach the file. */
export class SqliteAccountStore implements AccountStore {
  readonly #db: Kysely<Tables>

  constructor(db: Kysely<Tables>) {
    this.#db = db
  }

  async accountNames(): Promise<readonly string[]> {
    const rows = await this.#db.selectFrom('ddmq_account').select('name').orderBy('name').execute()
    return rows.map(row => row.name)
  }

  async passwordHash(name: string): Promise<string | undefined> {
    const row = await this.#db
      .selectFrom('ddmq_account')
      .select('password_hash')
      .where('name', '=', name)
      .executeTakeFirst()
    return row?.password_hash
  }

  async putAccount(name: string, passwordHash: string): Promise<void> {
    await this.#db.transaction().execute(async db => {
      await db
        .insertInto('ddmq_account')
        .values({ name, password_hash: passwordHash })
        .onConflict(conflict => conflict.column('name').doUpdateSet({ password_hash: passwordHash }))
        .execute()
      await db.deleteFrom('ddmq_session').where('account', '=', name).execute()
    })
  }

  async putSession(secretHash: string, account: string, expiresMs: number): Promise<void> {
    await this.#db
      .insertInto('ddmq_session')
      .values({ secret_hash: secretHash, account, expires_ms: expiresMs })
      .execute()
  }

  async sessionAccount(secretHash: string, nowMs: number): Promise<string | undefined> {
    const row = await this.#db
      .selectFrom('ddmq_session')
      .select('account')
      .where('secret_hash', '=', secretHash)
      .where('expires_ms', '>', nowMs)
      .executeTakeFirst()
    return row?.account
  }

  async deleteSession(secretHash: string): Promise<void> {
    await this.#db.deleteFrom('ddmq_session').where('secret_hash', '=', secretHash).execute()
  }

  async deleteExpiredSessions(nowMs: number): Promise<void> {
    await this.#db.deleteFrom('ddmq_session').where('expires_ms', '<=', nowMs).execute()
  }

  async insertToken(name: string, secretHash: string, createdMs: number): Promise<boolean> {
    const result = await this.#db
      .insertInto('ddmq_api_token')
      .values({ name, secret_hash: secretHash, created_ms: createdMs })
      .onConflict(conflict => conflict.column('name').doNothing())
      .executeTakeFirst()
    return Number(result.numInsertedOrUpdatedRows) === 1
  }

  async tokens(): Promise<readonly ApiToken[]> {
    const rows = await this.#db
      .selectFrom('ddmq_api_token')
      .select(['name', 'created_ms'])
      .orderBy('name')
      .execute()
    return rows.map(row => ({ name: row.name, createdMs: row.created_ms }))
  }

  async tokenName(secretHash: string): Promise<string | undefined> {
    const row = await this.#db
      .selectFrom('ddmq_api_token')
      .select('name')
      .where('secret_hash', '=', secretHash)
      .executeTakeFirst()
    return row?.name
  }

  async deleteToken(name: string): Promise<boolean> {
    const result = await this.#db.deleteFrom('ddmq_api_token').where('name', '=', name).executeTakeFirst()
    return Number(result.numDeletedRows) === 1
  }
}
