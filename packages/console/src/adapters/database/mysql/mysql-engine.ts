import { readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { describeError } from '@ddmq/common/errors'
import type { Health } from '@ddmq/common/lifecycle'
import type { Logger } from '@ddmq/common/log'
import { Kysely, MysqlDialect } from 'kysely'
import type { ConnectionOptions } from 'mysql2'
import type { MySqlConfig } from '../../../config.ts'
import { DatabaseRefusedError, DatabaseUnavailableError } from '../../../errors.ts'
import type { ConsoleMetrics } from '../../../metrics.ts'
import type { DatabaseEngine, OpenOptions } from '../engine.ts'
import type { SchemaPlan } from '../schema-plan.ts'
import type { Tables } from '../tables.ts'
import { MySqlPool } from './mysql-pool.ts'
import { applySchema, planSchema } from './mysql-schema.ts'
import { MySqlSession } from './mysql-session.ts'
import { withNamedLock } from './named-lock.ts'

const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 10_000

export interface MySqlEngineDeps {
  readonly log: Logger
  readonly metrics: Pick<ConsoleMetrics, 'databaseFailures'>
}

/** A database that several consoles share. */
export class MySqlEngine implements DatabaseEngine {
  readonly session: MySqlSession
  readonly #config: MySqlConfig
  readonly #deps: MySqlEngineDeps
  readonly #db: Kysely<Tables>
  #pool: MySqlPool | undefined

  constructor(config: MySqlConfig, deps: MySqlEngineDeps) {
    this.#config = config
    this.#deps = deps
    this.#db = new Kysely<Tables>({
      dialect: new MysqlDialect({ pool: () => Promise.resolve(this.#opened()) }),
    })
    this.session = new MySqlSession(this.#db)
  }

  async open(abort: AbortSignal, { whenRefused }: OpenOptions): Promise<void> {
    const pool = await this.#makePool()
    this.#pool = pool
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
      try {
        const connection = await pool.acquire(0)
        connection.release()
        return
      } catch (thrown) {
        const mayPass =
          thrown instanceof DatabaseUnavailableError ||
          (thrown instanceof DatabaseRefusedError && whenRefused === 'wait')
        if (!mayPass || abort.aborted) throw thrown
        this.#deps.log.warn({ retryInMs: pauseMs }, `waiting for the database: ${describeError(thrown)}`)
        await delay(pauseMs, undefined, { signal: abort }).catch(() => {
          throw thrown
        })
      }
    }
  }

  async close(): Promise<void> {
    await this.#db.destroy()
    this.#pool?.end(() => undefined)
  }

  plan(): Promise<SchemaPlan> {
    return this.session.read(db => planSchema(db, this.#config.database))
  }

  async migrate(): Promise<SchemaPlan> {
    const plan = await this.plan()
    if (plan.statements.length === 0) return plan
    return this.#db.connection().execute(connection =>
      withNamedLock(connection, 'migrate', async () => {
        const now = await planSchema(connection, this.#config.database)
        await applySchema(connection, now)
        return now
      }),
    )
  }

  health(): Health {
    const problem = this.#pool?.problem
    return problem === undefined ? { ok: true } : { ok: false, reason: problem }
  }

  #opened(): MySqlPool {
    if (this.#pool === undefined) throw new Error('the database is not open')
    return this.#pool
  }

  async #makePool(): Promise<MySqlPool> {
    const { user, password, database, tls } = this.#config
    const connection: ConnectionOptions = {
      user,
      password,
      database,
      charset: 'utf8mb4_bin',
      dateStrings: true,
      ...(tls === undefined ? {} : { ssl: await sslOptions(tls) }),
    }
    return new MySqlPool({
      ...this.#config,
      hosts: this.#config.hosts.map(toTarget),
      connection,
      serverName: tls?.serverName,
      failed: kind => this.#deps.metrics.databaseFailures.inc({ kind }),
    })
  }
}

/** `host` or `host:port`; an IPv6 address stands in brackets. */
function toTarget(text: string): { readonly host: string; readonly port: number } {
  const [, host = text, port = '3306'] = /^(.*?)(?::(\d+))?$/.exec(text) ?? []
  return { host: host.replace(/^\[(.*)\]$/, '$1'), port: Number(port) }
}

async function sslOptions(
  tls: NonNullable<MySqlConfig['tls']>,
): Promise<NonNullable<ConnectionOptions['ssl']>> {
  const [ca, cert, key] = await Promise.all([tls.caFile, tls.certFile, tls.keyFile].map(pemText))
  return {
    rejectUnauthorized: tls.verify,
    verifyIdentity: tls.verify,
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  }
}

async function pemText(file: string | undefined): Promise<string | undefined> {
  return file === undefined ? undefined : readFile(file, 'utf8')
}
