import type { Clock } from '@ddmq/common/clock'
import type { Component, Health } from '@ddmq/common/lifecycle'
import type { Logger } from '@ddmq/common/log'
import type { ConsoleMetrics } from '../../metrics.ts'
import { SqlAccountStore } from './account-store.ts'
import type { DatabaseEngine } from './engine.ts'
import { SqlMetadataStore } from './metadata-store.ts'

export interface ConsoleDatabaseDeps {
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: Pick<ConsoleMetrics, 'databaseUp'>
}

/** The console's database: opened and brought to its schema at start. The stores may be used while it runs. */
export class ConsoleDatabase implements Component {
  readonly name = 'console database'
  readonly metadata: SqlMetadataStore
  readonly accounts: SqlAccountStore
  readonly #engine: DatabaseEngine
  readonly #deps: ConsoleDatabaseDeps

  constructor(engine: DatabaseEngine, deps: ConsoleDatabaseDeps) {
    const { clock } = deps
    this.#engine = engine
    this.#deps = deps
    this.metadata = new SqlMetadataStore(engine.session, () => clock.nowMs())
    this.accounts = new SqlAccountStore(engine.session)
  }

  async start(abort: AbortSignal): Promise<void> {
    try {
      await this.#engine.open(abort, { whenRefused: 'wait' })
      const { database, from, to, statements } = await this.#engine.migrate()
      this.#deps.metrics.databaseUp.set(1)
      if (statements.length === 0) return
      this.#deps.log.info({ database, from, to }, 'database schema brought up to date')
    } catch (thrown) {
      await this.#engine.close()
      throw thrown
    }
  }

  stop(): Promise<void> {
    return this.#engine.close()
  }

  health(): Health {
    const health = this.#engine.health()
    this.#deps.metrics.databaseUp.set(health.ok ? 1 : 0)
    return health
  }
}
