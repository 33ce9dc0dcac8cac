import type { Component } from '@ddmq/common/lifecycle'
import { hostPort, localHost } from './address.ts'
import { type RunFile, removeRunFile, writeRunFile } from './run-file.ts'

export interface RunFileOwnerOptions {
  readonly path: string
  /** Where the console listens. */
  readonly console: { readonly host: string; readonly port: number }
  readonly services: RunFile['services']
}

/**
 * Keeps the run file of this process while it runs. Starts right after what only one process can hold (the lock of a data
 * folder), so that commands wait for the rest.
 */
export class RunFileOwner implements Component {
  readonly name = 'run-file'
  readonly #options: RunFileOwnerOptions

  constructor(options: RunFileOwnerOptions) {
    this.#options = options
  }

  async start(): Promise<void> {
    await this.#write('starting', '')
  }

  /** From now on commands find this process. */
  async ready(operatorToken: string): Promise<void> {
    await this.#write('ready', operatorToken)
  }

  async stop(): Promise<void> {
    await removeRunFile(this.#options.path, process.pid)
  }

  async #write(state: RunFile['state'], token: string): Promise<void> {
    const { path, console, services } = this.#options
    const url = `http://${hostPort(localHost(console.host), console.port)}`
    await writeRunFile(path, { pid: process.pid, state, services, console: url, token })
  }
}
