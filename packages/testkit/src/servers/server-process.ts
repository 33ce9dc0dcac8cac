import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { mkdir, open, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { freezeProcess } from '../freeze-process.ts'
import { isRecordedRunning, readProcessRecord, recordFile, writeProcessRecord } from './process-record.ts'

/** Longest time a server is given to end by itself. */
const STOP_MS = 30_000
const TAIL_BYTES = 4_000

export interface ServerCommand {
  readonly name: string
  readonly program: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** Both output streams are appended here. */
  readonly logFile: string
  /** Resolves when the server serves, throws while it does not yet; asked again and again. */
  readonly ready: (server: ServerProcess) => Promise<void>
  readonly readyWithinMs?: number
  /**
   * True: goes on when this process ends, and a record beside the log says which it is; one that runs by such a record is
   * taken as started. False (default): is killed with this process, however that ends.
   */
  readonly outlives?: boolean
}

/**
 * A real server as a process that a test may kill, freeze and start again.
 *
 * One that does not outlive its parent is started through `setpriv --pdeathsig`: the kernel kills it when the test process
 * is gone, even by SIGKILL.
 */
export class ServerProcess implements AsyncDisposable {
  readonly name: string
  readonly #command: ServerCommand
  #child: ChildProcess | undefined
  /** Another process started it: it is not ours to end. */
  #runsByRecord = false
  #logFrom = 0

  constructor(command: ServerCommand) {
    this.name = command.name
    this.#command = command
  }

  get pid(): number | undefined {
    return this.isRunning ? this.#child?.pid : undefined
  }

  get isRunning(): boolean {
    const child = this.#child
    return child !== undefined && child.exitCode === null && child.signalCode === null
  }

  /** Starts it and resolves when it is ready; rejects with the end of its log when it ends or takes too long. */
  async start(): Promise<void> {
    await this.launch()
    await this.untilReady()
  }

  /** Starts it without waiting, for servers that become ready only together. */
  async launch(): Promise<void> {
    if (this.isRunning) throw new Error(`${this.name} runs already`)
    const { program, args, env, cwd, logFile, outlives = false } = this.#command
    this.#runsByRecord = outlives && (await this.#isRecordedRunning())
    if (this.#runsByRecord) return
    await mkdir(dirname(logFile), { recursive: true })
    this.#logFrom = await stat(logFile).then(
      ({ size }) => size,
      () => 0,
    )
    const log = openSync(logFile, 'a')
    try {
      const [file, ...rest] = outlives
        ? [program, ...args]
        : ['setpriv', '--pdeathsig', 'KILL', '--', program, ...args]
      const child = spawn(file, rest, {
        stdio: ['ignore', log, log],
        env: { ...process.env, ...env },
        detached: outlives,
        ...(cwd === undefined ? {} : { cwd }),
      })
      this.#child = child
      await once(child, 'spawn')
      if (outlives) await this.#leaveRecord(child)
    } finally {
      closeSync(log)
    }
  }

  async untilReady(): Promise<void> {
    const { readyWithinMs = 90_000 } = this.#command
    const dueMs = performance.now() + readyWithinMs
    for (;;) {
      if (!(this.isRunning || this.#runsByRecord))
        throw new Error(`${this.name} ended while starting\n${await this.#tail()}`)
      try {
        await this.#command.ready(this)
        return
      } catch (cause) {
        if (performance.now() > dueMs)
          throw new Error(`${this.name} is not ready\n${await this.#tail()}`, { cause })
      }
      await delay(50)
    }
  }

  /** What it wrote since it was last started. */
  async log(): Promise<string> {
    const file = await open(this.#command.logFile)
    try {
      const { size } = await file.stat()
      const { buffer, bytesRead } = await file.read({
        buffer: Buffer.alloc(Math.max(0, size - this.#logFrom)),
        position: this.#logFrom,
      })
      return buffer.toString('utf8', 0, bytesRead)
    } finally {
      await file.close()
    }
  }

  /** kill −9; resolves when the process is gone. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  /** SIGSTOP: its connections stay open and nothing answers from then on. */
  async freeze(): Promise<void> {
    const pid = this.#child?.pid
    if (pid !== undefined) await freezeProcess(pid)
  }

  thaw(): void {
    this.#child?.kill('SIGCONT')
  }

  /** Asks it to end; kills it when it does not. */
  async stop(): Promise<void> {
    this.thaw()
    const impatience = setTimeout(() => this.#child?.kill('SIGKILL'), STOP_MS)
    await this.#end('SIGTERM')
    clearTimeout(impatience)
  }

  async restart(): Promise<void> {
    await this.stop()
    await this.start()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
  }

  async #isRecordedRunning(): Promise<boolean> {
    const record = await readProcessRecord(recordFile(this.#command.logFile))
    return record !== undefined && isRecordedRunning(record)
  }

  async #leaveRecord(child: ChildProcess): Promise<void> {
    child.unref()
    const { pid } = child
    if (pid !== undefined) await writeProcessRecord({ name: this.name, pid, logFile: this.#command.logFile })
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child
    if (child === undefined || !this.isRunning) return
    const exited = once(child, 'exit')
    child.kill(signal)
    await exited
  }

  async #tail(): Promise<string> {
    const log = await this.log().catch(() => '(no log)')
    return log.slice(-TAIL_BYTES)
  }
}

/** For `ready`: throws until the server's log, since its last start, contains the mark. */
export async function logContains(server: ServerProcess, mark: string): Promise<void> {
  if (!(await server.log()).includes(mark))
    throw new Error(`the log does not say ${JSON.stringify(mark)} yet`)
}
