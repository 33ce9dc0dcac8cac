import type { Health } from '@ddmq/common/lifecycle'
import type { SchemaPlan } from './schema-plan.ts'
import type { Session } from './session.ts'

/** A kind of database. */
export interface DatabaseEngine {
  /** Valid after `open`. */
  readonly session: Session
  /** Resolves when the database answers. Waits for one that may still come; rejects where waiting does not help. */
  open(abort: AbortSignal): Promise<void>
  close(): Promise<void>
  /** Throws `CONSOLE_DATABASE_NEWER`. */
  plan(): Promise<SchemaPlan>
  /** Does what `plan` says now, alone among all consoles of the database; answers what it did. */
  migrate(): Promise<SchemaPlan>
  health(): Health
}
