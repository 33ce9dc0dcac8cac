import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'

const MAIN = resolve(import.meta.dirname, '../../src/main.ts')
const DEV_CLUSTER = resolve(import.meta.dirname, '../../../dev-cluster/src/main.ts')

/**
 * Ports of concurrent tests must not meet. No two default ports differ by a multiple of 11, so two different offsets
 * that are multiples of it have no port in common; the greatest keeps all ports below those the kernel gives to clients.
 */
const OFFSET_STEP = 11
const FIRST_STEP = 100
const STEPS = 1900
/** Test processes that run side by side have pids close to each other: the offsets of one are far apart. */
const STRIDE = 97
let made = 0

function nextOffset(): number {
  made += 1
  return OFFSET_STEP * (FIRST_STEP + ((process.pid + made * STRIDE) % STEPS))
}

export interface Finished {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Registers what has to be done when the one who made a process is done with it. */
export type OnEnd = (end: () => Promise<void>) => void

/** One DDMQ of a test: its own ports, data folder and run file. */
export class Ddmq {
  readonly offset: number
  readonly #home: string
  #process: ChildProcess | undefined
  #log = ''

  /** Killed at the end of the test that makes it; whoever shares one between tests says what the end is. */
  constructor(home: string, onEnd: OnEnd = onTestFinished, offset = nextOffset()) {
    this.#home = home
    this.offset = offset
    onEnd(async () => void (await this.kill()))
  }

  get dataDir(): string {
    return join(this.#home, 'ddmq', `offset-${this.offset}`)
  }

  port(base: number): number {
    return base + this.offset
  }

  /** Starts `up` and resolves when the ready line was printed, with everything printed so far. */
  async up(...args: readonly string[]): Promise<string> {
    return this.serve('up', ...args)
  }

  /** Starts `up` or one service; likewise. */
  async serve(command: string, ...args: readonly string[]): Promise<string> {
    const child = this.#spawn([command, ...args])
    this.#process = child
    this.#log = ''
    const ready = new Promise<void>((resolveReady, reject) => {
      const collect = (chunk: Buffer): void => {
        this.#log += chunk.toString()
        if (/^ddmq ([a-z-]+ )?ready in \d+ ms$/m.test(this.#log)) resolveReady()
      }
      child.stdout?.on('data', collect)
      child.stderr?.on('data', collect)
      child.once('exit', code => reject(new Error(`${command} ended with ${code}:\n${this.#log}`)))
    })
    await ready
    return this.#log
  }

  get pid(): number {
    if (this.#process?.pid === undefined) throw new Error('up is not running')
    return this.#process.pid
  }

  /** Ends `up` and resolves with its exit code, or the signal's name. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<number | string | null> {
    const child = this.#process
    this.#process = undefined
    if (child === undefined || child.exitCode !== null || child.signalCode !== null)
      return child?.exitCode ?? null
    child.kill(signal)
    const [code, bySignal]: unknown[] = await once(child, 'exit')
    return (code ?? bySignal) as number | string
  }

  /** Runs one command to its end. */
  async run(...args: readonly string[]): Promise<Finished> {
    return this.start(...args).finished
  }

  /** Starts one command; the caller may end it early. */
  start(...args: readonly string[]): { readonly child: ChildProcess; readonly finished: Promise<Finished> } {
    const child = this.#spawn(args)
    return { child, finished: finishedOf(child) }
  }

  /** Runs a command that must succeed and gives the documents it printed with `--json`. */
  async json(...args: readonly string[]): Promise<readonly Record<string, unknown>[]> {
    const { code, stdout, stderr } = await this.run(...args, '--json')
    if (code !== 0) throw new Error(`ddmq ${args.join(' ')} ended with ${code}: ${stderr}`)
    return stdout
      .split('\n')
      .flatMap(line => (line === '' ? [] : [JSON.parse(line) as Record<string, unknown>]))
  }

  /** Starts `ddmq dev-cluster`; likewise. */
  startDevCluster(...args: readonly string[]): ReturnType<Ddmq['start']> {
    const child = this.#spawn(args, DEV_CLUSTER)
    return { child, finished: finishedOf(child) }
  }

  #spawn(args: readonly string[], main = MAIN): ChildProcess {
    return spawn(
      process.execPath,
      ['--conditions=@ddmq/source', main, ...args, '--port-offset', String(this.offset)],
      { env: { ...process.env, XDG_DATA_HOME: this.#home }, stdio: ['ignore', 'pipe', 'pipe'] },
    )
  }
}

async function finishedOf(child: ChildProcess): Promise<Finished> {
  const { stdout, stderr } = child
  if (stdout === null || stderr === null) throw new Error('the output of the command is not piped')
  const [out, err] = await Promise.all([text(stdout), text(stderr), exited(child)])
  return { code: child.exitCode, stdout: out, stderr: err }
}

async function exited(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
}
