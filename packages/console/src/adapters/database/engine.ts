import type { Health } from '@ddmq/common/lifecycle'
import type { SchemaPlan } from './schema-plan.ts'
import type { Session } from './session.ts'

export interface OpenOptions {
  /** `wait`: an account that is refused may be mended at the server. `reject`: somebody watches, and can mend it here. */
  readonly whenRefused: 'wait' | 'reject'
}

/** A kind of database. */
export interface DatabaseEngine {
  /** Valid after `open`. */
  readonly session: Session
  /** Resolves when the database answers. Waits, with growing pauses and a line for each, for one that may still come. */
  open(abort: AbortSignal, options: OpenOptions): Promise<void>
  close(): Promise<void>
  /** Throws `CONSOLE_DATABASE_NEWER`. */
  plan(): Promise<SchemaPlan>
  /** Does what `plan` says now, alone among all consoles of the database; answers what it did. */
  migrate(): Promise<SchemaPlan>
  health(): Health
}
