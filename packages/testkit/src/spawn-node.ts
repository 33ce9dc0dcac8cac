import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'

export interface ExitStatus {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface SpawnOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
}

/** Runs a TypeScript file of the workspace from sources, as a process of its own: `await using child = spawnNode(file)`. */
export function spawnNode(
  file: string,
  args: readonly string[] = [],
  options: SpawnOptions = {},
): NodeProcess {
  const child = spawn(process.execPath, ['--conditions=@ddmq/source', file, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...options.env },
    ...(options.cwd !== undefined && { cwd: options.cwd }),
  })
  return new NodeProcess(child)
}

export class NodeProcess implements AsyncDisposable {
  /** What the process printed on either stream, line by line. */
  readonly lines: string[] = []
  /** Settles when the process is gone and all its output was read. */
  readonly exited: Promise<ExitStatus>
  readonly #child: ChildProcessByStdio<null, Readable, Readable>
  #wake: (() => void)[] = []
  #gone = false

  constructor(child: ChildProcessByStdio<null, Readable, Readable>) {
    this.#child = child
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', line => this.#add(line))
    }
    this.exited = new Promise((resolve, reject) => {
      child.on('error', reject)
      child.on('close', (code, signal) => {
        this.#gone = true
        this.#wakeAll()
        resolve({ code, signal })
      })
    })
    // Whoever awaits `exited` sees the error; nobody has to.
    this.exited.catch(() => undefined)
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  kill(signal: NodeJS.Signals = 'SIGTERM'): void {
    this.#child.kill(signal)
  }

  /** The first line, past or future, that matches. Rejects with the output so far when the process ends or time is up. */
  async waitForLine(pattern: RegExp, withinMs = 20_000): Promise<string> {
    const timeUp = new AbortController()
    const timeout = delay(withinMs, true, { signal: timeUp.signal }).catch(() => false)
    try {
      for (let from = 0; ; ) {
        const found = this.lines.slice(from).find(line => pattern.test(line))
        if (found !== undefined) return found
        from = this.lines.length
        const outOfTime = !this.#gone && (await Promise.race([timeout, this.#nextLine()]))
        if (outOfTime || (this.#gone && from === this.lines.length)) throw this.#missing(pattern)
      }
    } finally {
      timeUp.abort()
    }
  }

  /** Kills what is still running and waits for its end. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#gone) this.#child.kill('SIGKILL')
    await this.exited.catch(() => undefined)
  }

  #add(line: string): void {
    this.lines.push(line)
    this.#wakeAll()
  }

  #wakeAll(): void {
    const waiting = this.#wake
    this.#wake = []
    for (const wake of waiting) wake()
  }

  #nextLine(): Promise<false> {
    return new Promise(resolve => {
      this.#wake.push(() => resolve(false))
    })
  }

  #missing(pattern: RegExp): Error {
    const state = this.#gone ? 'the process ended' : 'time is up'
    return new Error(`no line matches ${pattern}: ${state}\n${this.lines.join('\n')}`)
  }
}
