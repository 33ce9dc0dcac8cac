import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

export interface RawWish {
  readonly bootstrapServers: string
  readonly topic: string
  readonly partitions: number
  /** Compacted, with a partition for each shard. */
  readonly table: string
  readonly shards: number
  /** Messages per transaction. */
  readonly batch: number
  readonly bodyBytes: number
}

export interface RawBurst {
  readonly run: string
  readonly count: number
  /** Said in the bodies: they are committed after it. */
  readonly dueMs: number
}

export type RawAnswer = 'prepared' | 'committed'

const FILE = fileURLToPath(new URL('raw-transactions.ts', import.meta.url))
const PATIENCE_MS = 120_000

/** The process of `raw-transactions.ts`. */
export class RawTransactions implements AsyncDisposable {
  readonly #child: ChildProcess

  constructor(wish: RawWish) {
    this.#child = fork(FILE, [JSON.stringify(wish)], { execArgv: ['--conditions=@ddmq/source'] })
  }

  get pid(): number {
    const { pid } = this.#child
    if (pid === undefined) throw new Error('the raw transactions do not run')
    return pid
  }

  /** Resolves when all records of the burst are made. */
  prepare(burst: RawBurst): Promise<void> {
    return this.#ask(burst, 'prepared')
  }

  /** Commits what was prepared. */
  commit(): Promise<void> {
    return this.#ask('go', 'committed')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exited = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await exited
  }

  async #ask(message: RawBurst | 'go', wanted: RawAnswer): Promise<void> {
    const over = new AbortController()
    const signal = AbortSignal.any([over.signal, AbortSignal.timeout(PATIENCE_MS)])
    const gone = once(this.#child, 'exit', { signal }).then(() => {
      throw new Error('the process of raw transactions ended')
    })
    gone.catch(() => undefined) // Told by the race.
    try {
      const answered = once(this.#child, 'message', { signal })
      this.#child.send(message)
      const [answer] = await Promise.race([answered, gone])
      if (answer !== wanted) throw new Error(`raw transactions answered ${answer} instead of ${wanted}`)
    } finally {
      over.abort()
    }
  }
}
