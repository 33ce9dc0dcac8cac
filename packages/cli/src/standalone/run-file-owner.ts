import type { Component } from '@ddmq/common/lifecycle'
import { hostPort, localHost } from '../address.ts'
import { removeRunFile, writeRunFile } from '../run-file.ts'
import type { UpConfig } from './up-config.ts'

/** Keeps the run file of this process while it runs. Starts right after the lock of the data folder is held, so that commands wait for the rest. */
export class RunFileOwner implements Component {
  readonly name = 'run-file'
  readonly #path: string
  readonly #config: UpConfig

  constructor(path: string, config: UpConfig) {
    this.#path = path
    this.#config = config
  }

  async start(): Promise<void> {
    await this.#write('starting', '')
  }

  /** From now on commands find this process. */
  async ready(operatorToken: string): Promise<void> {
    await this.#write('ready', operatorToken)
  }

  async stop(): Promise<void> {
    await removeRunFile(this.#path, process.pid)
  }

  async #write(state: 'starting' | 'ready', token: string): Promise<void> {
    const { console, dataDir } = this.#config
    const url = `http://${hostPort(localHost(console.host), console.port)}`
    await writeRunFile(this.#path, { pid: process.pid, state, console: url, token, dataDir })
  }
}
