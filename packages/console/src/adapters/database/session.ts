import type { Kysely, Transaction } from 'kysely'
import type { ExclusiveWork } from '../../core/ports.ts'
import type { Tables } from './tables.ts'

/** How the stores reach the database; what differs between SQLite and MySQL lies behind it. */
export interface Session {
  /** Statements that change nothing; repeated where the connection was lost. */
  read<Result>(work: (db: Kysely<Tables>) => Promise<Result>): Promise<Result>
  /** One transaction, which sees the database as of one moment. Repeated as a whole where nothing of it was stored. */
  transaction<Result>(work: (db: Transaction<Tables>) => Promise<Result>): Promise<Result>
  /** `work` alone among all consoles of the database; it uses the session it is given. */
  exclusively<Result>(what: ExclusiveWork, work: (session: Session) => Promise<Result>): Promise<Result>
}
