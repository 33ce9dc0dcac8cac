import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { isPortFree, NodeProcess } from '@ddmq/testkit'
import type { Bench } from '../report/scenario.ts'

/** Without an offset, of what a measurement talks to. */
const PORTS = {
  producer: 9613,
  consumer: 9713,
  console: 8080,
  admin: 9610,
  producerAdmin: 9611,
  consumerAdmin: 9612,
}
const LARGEST_OFFSET = 20_000
const READY_MS = 60_000

/** A folder and ports of its own, for the processes of one DDMQ and the commands to them. */
export class DdmqHome {
  readonly dir: string
  readonly #bench: Bench
  readonly #offset: number

  private constructor(bench: Bench, dir: string, offset: number) {
    this.#bench = bench
    this.dir = dir
    this.#offset = offset
  }

  /** `name` is its folder's. */
  static async create(bench: Bench, name: string): Promise<DdmqHome> {
    return new DdmqHome(bench, `${bench.dir}/${name}`, await freeOffset())
  }

  port(name: keyof typeof PORTS): number {
    return PORTS[name] + this.#offset
  }

  /** Starts one service, or `up`; resolves when it is ready. */
  async serve(...args: readonly string[]): Promise<NodeProcess> {
    const process = new NodeProcess(this.#spawn(args))
    await process.waitForLine(/^ddmq .*ready in \d+ ms$/, READY_MS)
    return process
  }

  /** Runs one command, which must succeed; resolves with what it printed. */
  async run(...args: readonly string[]): Promise<string> {
    const child = this.#spawn(args)
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
    if (child.exitCode !== 0) throw new Error(`ddmq ${args.join(' ')} failed: ${stderr}`)
    return stdout
  }

  #spawn(args: readonly string[]) {
    const [program, ...first] = this.#bench.ddmq
    return spawn(program, [...first, ...args, '--port-offset', `${this.#offset}`], {
      env: { ...this.#bench.env, XDG_DATA_HOME: this.dir },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
  }
}

async function freeOffset(): Promise<number> {
  for (;;) {
    const offset = 1 + Math.floor(Math.random() * LARGEST_OFFSET)
    const free = await Promise.all(Object.values(PORTS).map(port => isPortFree(port + offset)))
    if (free.every(Boolean)) return offset
  }
}
