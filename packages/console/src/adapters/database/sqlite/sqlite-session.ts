import type { Kysely, Transaction } from 'kysely'
import type { ExclusiveWork } from '../../../core/ports.ts'
import { SerialQueue } from '../../../core/serial-queue.ts'
import type { Session } from '../session.ts'
import type { Tables } from '../tables.ts'

export class SqliteSession implements Session {
  readonly #db: Kysely<Tables>
  readonly #queues: Readonly<Record<ExclusiveWork, SerialQueue>> = {
    change: new SerialQueue(),
    publish: new SerialQueue(),
  }

  constructor(db: Kysely<Tables>) {
    this.#db = db
  }

  read<Result>(work: (db: Kysely<Tables>) => Promise<Result>): Promise<Result> {
    return work(this.#db)
  }

  transaction<Result>(work: (db: Transaction<Tables>) => Promise<Result>): Promise<Result> {
    return this.#db.transaction().execute(work)
  }

  exclusively<Result>(what: ExclusiveWork, work: (session: Session) => Promise<Result>): Promise<Result> {
    return this.#queues[what].run(() => work(this))
  }
}
