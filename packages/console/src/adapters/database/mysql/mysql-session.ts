import { setTimeout as delay } from 'node:timers/promises'
import type { Kysely, Transaction } from 'kysely'
import type { ExclusiveWork } from '../../../core/ports.ts'
import { SerialQueue } from '../../../core/serial-queue.ts'
import { DatabaseOutcomeUnknownError } from '../../../errors.ts'
import type { Session } from '../session.ts'
import type { Tables } from '../tables.ts'
import { toConsoleError } from './console-error.ts'
import { failureKind } from './failure.ts'
import { withNamedLock } from './named-lock.ts'

const MAX_ATTEMPTS = 5

/**
 * Work on the server, with what is safe to repeat repeated.
 *
 * T1 A transaction is run again only when none of it was stored: its connection was lost before COMMIT was sent, or the
 *    server says that it rolled back.
 * T2 A connection lost while COMMIT was under way is `CONSOLE_DATABASE_OUTCOME_UNKNOWN`, never success and never repeated.
 * T3 A session that holds a lock never moves to another connection: whoever lost the one cannot store anything by it.
 */
export class MySqlSession implements Session {
  readonly #db: Kysely<Tables>
  /** Only of the session that is not bound to a connection. */
  readonly #queues: Readonly<Record<ExclusiveWork, SerialQueue>> | undefined

  constructor(db: Kysely<Tables>, binding: 'pool' | 'connection' = 'pool') {
    this.#db = db
    this.#queues = binding === 'pool' ? { change: new SerialQueue(), publish: new SerialQueue() } : undefined
  }

  read<Result>(work: (db: Kysely<Tables>) => Promise<Result>): Promise<Result> {
    return this.#repeated(() => work(this.#db))
  }

  transaction<Result>(work: (db: Transaction<Tables>) => Promise<Result>): Promise<Result> {
    return this.#repeated(async () => {
      let committing = false
      try {
        return await this.#db.transaction().execute(async db => {
          const result = await work(db)
          committing = true
          return result
        })
      } catch (thrown) {
        if (!committing || failureKind(thrown) !== 'lost') throw thrown
        throw new DatabaseOutcomeUnknownError(
          'the database was lost while it stored the change; look whether it is there before trying again',
          { cause: thrown },
        )
      }
    })
  }

  exclusively<Result>(what: ExclusiveWork, work: (session: Session) => Promise<Result>): Promise<Result> {
    if (this.#queues === undefined) throw new TypeError('a session that holds a lock takes no other')
    // Waiting inside the process first: many callers would otherwise hold many connections that wait for one lock.
    return this.#queues[what].run(() => {
      let working = false
      return this.#repeated(
        () =>
          this.#db.connection().execute(connection =>
            withNamedLock(connection, what, () => {
              working = true
              return work(new MySqlSession(connection, 'connection'))
            }),
          ),
        () => !working,
      )
    })
  }

  async #repeated<Result>(job: () => Promise<Result>, mayRepeat = () => true): Promise<Result> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await job()
      } catch (thrown) {
        const again = attempt < MAX_ATTEMPTS && mayRepeat() && this.#isWorthRepeating(thrown)
        if (!again) throw toConsoleError(thrown)
        await delay(attempt * 10 * (1 + Math.random()))
      }
    }
  }

  #isWorthRepeating(thrown: unknown): boolean {
    const kind = failureKind(thrown)
    if (kind === 'conflict' || kind === 'lockTimeout' || kind === 'duplicate') return true
    return (kind === 'lost' || kind === 'readOnly') && this.#queues !== undefined
  }
}
