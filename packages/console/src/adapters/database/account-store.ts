import type { AccountStore, ApiToken } from '../../core/ports.ts'
import type { Session } from './session.ts'

/** Accounts, sessions and tokens. Only hashes of secrets reach the database. */
export class SqlAccountStore implements AccountStore {
  readonly #session: Session

  constructor(session: Session) {
    this.#session = session
  }

  async accountNames(): Promise<readonly string[]> {
    const rows = await this.#session.read(db =>
      db.selectFrom('ddmq_account').select('name').orderBy('name').execute(),
    )
    return rows.map(row => row.name)
  }

  async passwordHash(name: string): Promise<string | undefined> {
    const row = await this.#session.read(db =>
      db.selectFrom('ddmq_account').select('password_hash').where('name', '=', name).executeTakeFirst(),
    )
    return row?.password_hash
  }

  putAccount(name: string, passwordHash: string): Promise<void> {
    return this.#session.transaction(async db => {
      const known = await db
        .updateTable('ddmq_account')
        .set({ password_hash: passwordHash })
        .where('name', '=', name)
        .executeTakeFirst()
      if (Number(known.numUpdatedRows) === 0) {
        await db.insertInto('ddmq_account').values({ name, password_hash: passwordHash }).execute()
      }
      await db.deleteFrom('ddmq_session').where('account', '=', name).execute()
    })
  }

  async putSession(secretHash: string, account: string, expiresMs: number): Promise<void> {
    await this.#session.transaction(db =>
      db
        .insertInto('ddmq_session')
        .values({ secret_hash: secretHash, account, expires_ms: expiresMs })
        .execute(),
    )
  }

  async sessionAccount(secretHash: string, nowMs: number): Promise<string | undefined> {
    const row = await this.#session.read(db =>
      db
        .selectFrom('ddmq_session')
        .select('account')
        .where('secret_hash', '=', secretHash)
        .where('expires_ms', '>', nowMs)
        .executeTakeFirst(),
    )
    return row?.account
  }

  async deleteSession(secretHash: string): Promise<void> {
    await this.#session.transaction(db =>
      db.deleteFrom('ddmq_session').where('secret_hash', '=', secretHash).execute(),
    )
  }

  async deleteExpiredSessions(nowMs: number): Promise<void> {
    await this.#session.transaction(db =>
      db.deleteFrom('ddmq_session').where('expires_ms', '<=', nowMs).execute(),
    )
  }

  insertToken(name: string, secretHash: string, createdMs: number): Promise<boolean> {
    return this.#session.exclusively('change', session =>
      session.transaction(async db => {
        const taken = await db
          .selectFrom('ddmq_api_token')
          .select('name')
          .where('name', '=', name)
          .executeTakeFirst()
        if (taken !== undefined) return false
        await db
          .insertInto('ddmq_api_token')
          .values({ name, secret_hash: secretHash, created_ms: createdMs })
          .execute()
        return true
      }),
    )
  }

  async tokens(): Promise<readonly ApiToken[]> {
    const rows = await this.#session.read(db =>
      db.selectFrom('ddmq_api_token').select(['name', 'created_ms']).orderBy('name').execute(),
    )
    return rows.map(row => ({ name: row.name, createdMs: row.created_ms }))
  }

  async tokenName(secretHash: string): Promise<string | undefined> {
    const row = await this.#session.read(db =>
      db.selectFrom('ddmq_api_token').select('name').where('secret_hash', '=', secretHash).executeTakeFirst(),
    )
    return row?.name
  }

  async deleteToken(name: string): Promise<boolean> {
    const result = await this.#session.transaction(db =>
      db.deleteFrom('ddmq_api_token').where('name', '=', name).executeTakeFirst(),
    )
    return Number(result.numDeletedRows) === 1
  }
}
