import { type FileHandle, open } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { NativeStore } from './native.ts'

/**
 * Makes what was written durable: `fdatasync` of the current write-ahead log file, and of the folder when that is a new
 * file. Sound because writes and flushes never overlap, so the file current after a write is the one that holds it.
 */
export class WalSync {
  readonly #dir: string
  #path = ''
  #file: FileHandle | undefined

  constructor(dir: string) {
    this.#dir = dir
  }

  async sync(store: NativeStore): Promise<void> {
    // Asked while the file before is synced: nearly always it is still the current one, and then both waits are one.
    const [{ path }] = await Promise.all([store.currentWalFile(), this.#file?.datasync()])
    if (path === this.#path) return
    await this.#follow(path)
    await this.#file?.datasync()
  }

  async close(): Promise<void> {
    const file = this.#file
    this.#file = undefined
    this.#path = ''
    await file?.close()
  }

  async #follow(path: string): Promise<void> {
    await this.close()
    this.#file = await open(join(this.#dir, basename(path)), 'r+')
    this.#path = path
    const folder = await open(this.#dir, 'r')
    try {
      await folder.sync()
    } finally {
      await folder.close()
    }
  }
}
