import type { NodeProcess } from '@ddmq/testkit'
import type { Address } from '../load/session.ts'
import type { Bench } from '../report/scenario.ts'
import { DdmqHome } from './ddmq-home.ts'
import { type Health, Scraped } from './scraped.ts'

/** A DDMQ of its own for a measurement: `up` in a fresh folder, on ports that nobody uses. */
export class RunningDdmq implements AsyncDisposable {
  readonly #home: DdmqHome
  #process: NodeProcess | undefined

  private constructor(home: DdmqHome) {
    this.#home = home
  }

  /** Resolves when it is ready. `name` is its folder's. */
  static async start(bench: Bench, name: string, args: readonly string[] = []): Promise<RunningDdmq> {
    const ddmq = new RunningDdmq(await DdmqHome.create(bench, name))
    await ddmq.up(args)
    return ddmq
  }

  get pid(): number {
    const pid = this.#process?.pid
    if (pid === undefined) throw new Error('ddmq does not run')
    return pid
  }

  get producer(): Address {
    return { host: '127.0.0.1', port: this.#home.port('producer') }
  }

  get consumer(): Address {
    return { host: '127.0.0.1', port: this.#home.port('consumer') }
  }

  get adminPort(): number {
    return this.#home.port('admin')
  }

  get consolePort(): number {
    return this.#home.port('console')
  }

  /** Starts it, again after `kill`, with the data that it left. */
  async up(args: readonly string[] = []): Promise<void> {
    this.#process = await this.#home.serve('up', ...args)
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    this.#process?.kill(signal)
    await this.#process?.exited
  }

  /** Runs one command, which must succeed; resolves with what it printed. */
  run(...args: readonly string[]): Promise<string> {
    return this.#home.run(...args)
  }

  async health(): Promise<Health> {
    return (await Scraped.from(this.adminPort)).health()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
  }
}
