import { setTimeout as delay } from 'node:timers/promises'
import type { Command } from 'commander'
import { z } from 'zod'
import { hostPort, localHost } from './address.ts'
import { ConsoleClient } from './console-client.ts'
import { runFilePath } from './environment.ts'
import { UnreachableError } from './errors.ts'
import { isListening } from './is-listening.ts'
import { Output } from './output.ts'
import { type Ports, portsWithOffset } from './ports.ts'
import { type RunFile, readRunFile } from './run-file.ts'

/** Options every command takes. */
export interface GlobalOptions {
  readonly portOffset: number
  readonly host: string
  readonly data?: string
  readonly config?: string
  readonly console?: string
  readonly token?: string
  readonly json: boolean
}

export interface ProxyAddresses {
  readonly producerProxies: readonly string[]
  readonly consumerProxies: readonly string[]
}

const infoSchema = z.object({
  producerProxies: z.array(z.string()),
  consumerProxies: z.array(z.string()),
})

/** How long a command waits for an `up` that was started a moment before it: until it shows, and until it is ready. */
const APPEAR_WAIT_MS = 3000
const START_WAIT_MS = 30_000
const POLL_MS = 50

/** What a command needs of its surroundings: where DDMQ is, and where to print. */
export class CommandContext {
  readonly options: GlobalOptions
  readonly ports: Ports
  readonly output: Output
  #found: Promise<RunFile | undefined> | undefined

  constructor(options: GlobalOptions, write: (text: string) => void) {
    this.options = options
    this.ports = portsWithOffset(options.portOffset)
    this.output = new Output(options.json, write)
  }

  /** The console that `--console` names, else the one of this user's running `up`. */
  async console(): Promise<ConsoleClient> {
    const running = this.options.console === undefined ? await this.#running() : undefined
    const url =
      this.options.console ??
      running?.console ??
      `http://${hostPort(localHost(this.options.host), this.ports.console)}`
    const token = this.options.token ?? running?.token ?? (await this.#tokenOf(url))
    return new ConsoleClient(url, token, note => process.stderr.write(`ddmq: ${note}\n`))
  }

  /** Where messages are sent to and pulled from, as the console knows it. */
  async proxies(): Promise<ProxyAddresses> {
    const console = await this.console()
    return console.get('/info', infoSchema)
  }

  /** Process id of this user's `up`, when it is the one the command talks to; in a cluster no process is the server. */
  async serverPid(): Promise<number | undefined> {
    const running = this.options.console === undefined ? await this.#running() : undefined
    return running?.services === 'all' ? running.pid : undefined
  }

  /** The run file of `up`, looked for once per command. */
  #running(): Promise<RunFile | undefined> {
    this.#found ??= this.#readWhenReady()
    return this.#found
  }

  /** Waits until its process is ready: the second line of a script may follow `up &` at once. */
  async #readWhenReady(): Promise<RunFile | undefined> {
    const path = runFilePath(process.env, this.ports.console)
    const giveUpMs = performance.now() + START_WAIT_MS
    let found = await this.#appearing(path)
    while (found?.state === 'starting') {
      if (performance.now() > giveUpMs) {
        throw new UnreachableError(
          `ddmq up (process ${found.pid}) has not become ready in ${START_WAIT_MS / 1000} s`,
        )
      }
      await delay(POLL_MS)
      found = await readRunFile(path)
    }
    return found
  }

  /** The run file; when there is none and no console either, `up` may be loading still. */
  async #appearing(path: string): Promise<RunFile | undefined> {
    const giveUpMs = performance.now() + APPEAR_WAIT_MS
    let found = await readRunFile(path)
    while (found === undefined && performance.now() < giveUpMs) {
      if (await isListening(localHost(this.options.host), this.ports.console)) return undefined
      await delay(POLL_MS)
      found = await readRunFile(path)
    }
    return found
  }

  /** A console on this machine named by URL may be our own `up`: then its token is at hand. */
  async #tokenOf(url: string): Promise<string | undefined> {
    const { port, hostname } = new URL(url)
    if (!['127.0.0.1', 'localhost', '[::1]'].includes(hostname)) return undefined
    return (await readRunFile(runFilePath(process.env, Number(port === '' ? 80 : port))))?.token
  }
}

/** The context of the command that is running. */
export function contextOf(command: Command): CommandContext {
  return new CommandContext(command.optsWithGlobals<GlobalOptions>(), text => process.stdout.write(text))
}
