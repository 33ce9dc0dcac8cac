import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { eventually, freePort, NodeProcess } from '@ddmq/testkit'
import { z } from 'zod'
import type { Bench } from '../report/scenario.ts'
import { type ChronosOptions, writeChronosFiles } from './chronos-files.ts'
import { type Health, Scraped } from './scraped.ts'

const READY_MS = 60_000
const PATIENCE_MS = 60_000
const PENDING = 'ddmq_chronos_pending_messages'
const LAG = 'ddmq_chronos_lag_records'
const OWNER = 'role="owner"'
const STANDBY = 'role="standby"'

const statsSchema = z.object({ shards: z.array(z.object({ pending: z.number() })) })
/** What it says of itself at one moment. */
export interface Look extends Health {
  /** Messages in the indexes of its shards. */
  readonly pending: number
  /** Shards that it owns. */
  readonly owned: number
  /** Records that the shards of others lack here; undefined where it follows none. */
  readonly standbyLag: number | undefined
  readonly takeovers: number
}

/** `ddmq chronos` as a process of its own, on a table in Kafka. */
export class RunningChronos implements AsyncDisposable {
  readonly #process: NodeProcess
  readonly #admin: number

  private constructor(process: NodeProcess, admin: number) {
    this.#process = process
    this.#admin = admin
  }

  /** Resolves when it is ready; that is before it owns anything. What is left in its folder it goes on with. */
  static async start(bench: Omit<Bench, 'seconds'>, options: ChronosOptions): Promise<RunningChronos> {
    const dir = join(bench.dir, options.name)
    const admin = await freePort()
    const config = await writeChronosFiles(dir, admin, options)
    const [program, ...first] = bench.ddmq
    const child = spawn(program, [...first, 'chronos', '--config', config], {
      env: { ...bench.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const chronos = new RunningChronos(new NodeProcess(child), admin)
    try {
      await chronos.#process.waitForLine(/^ddmq chronos ready in \d+ ms$/, READY_MS)
    } catch (thrown) {
      await chronos[Symbol.asyncDispose]()
      throw thrown
    }
    return chronos
  }

  /** Folder of the index of a process of that name; without it the index is built anew. */
  static indexDir(bench: Pick<Bench, 'dir'>, name: string): string {
    return join(bench.dir, name, 'index')
  }

  get pid(): number {
    const { pid } = this.#process
    if (pid === undefined) throw new Error('chronos does not run')
    return pid
  }

  /** What it logged last, for whoever has to say why nothing happens. */
  get lastWords(): string {
    return this.#process.lines.slice(-5).join('\n')
  }

  async look(): Promise<Look> {
    const scraped = await Scraped.from(this.#admin)
    const isWaiting = scraped.values(LAG, STANDBY).length > 0
    return {
      ...scraped.health(),
      pending: scraped.sum(PENDING),
      owned: scraped.values(PENDING, OWNER).length,
      standbyLag: isWaiting ? scraped.sum(LAG, STANDBY) : undefined,
      takeovers: scraped.sum('ddmq_chronos_takeovers_total'),
    }
  }

  /** Messages in the indexes of its shards. Asking does not reset the delay of its event loop, unlike `look`. */
  async pending(): Promise<number> {
    const response = await fetch(`http://127.0.0.1:${this.#admin}/delay/stats`)
    const { shards } = statsSchema.parse(await response.json())
    return shards.reduce((sum, { pending }) => sum + pending, 0)
  }

  /** Resolves when it owns so many shards. */
  async untilOwnerOf(shards: number): Promise<void> {
    await eventually(async () => {
      const { owned, takeovers } = await this.look()
      if (owned < shards || takeovers < shards) throw new Error(`${owned} shards, ${takeovers} taken over`)
    }, PATIENCE_MS)
  }

  /** Resolves when it follows a shard of another process, and misses nothing of it. */
  async untilStandby(): Promise<void> {
    await eventually(async () => {
      const { standbyLag } = await this.look()
      if (standbyLag !== 0) throw new Error(`a standby with a lag of ${standbyLag}`)
    }, PATIENCE_MS)
  }

  async kill(): Promise<void> {
    this.#process.kill('SIGKILL')
    await this.#process.exited
  }

  /** Resolves when it has released its shards and left its group; rejects when it does not end. */
  async stop(): Promise<void> {
    this.#process.kill('SIGTERM')
    const timeUp = new AbortController()
    const late = delay(PATIENCE_MS, undefined, { signal: timeUp.signal }).then(() => {
      throw new Error(`the delay service does not end\n${this.lastWords}`)
    })
    late.catch(() => undefined) // Told by the race, unless it was in time.
    try {
      await Promise.race([this.#process.exited, late])
    } finally {
      timeUp.abort()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
  }
}
