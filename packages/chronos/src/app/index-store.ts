import { rm } from 'node:fs/promises'
import type { Component, ProcessDeps } from '@ddmq/common/lifecycle'
import { StorageError } from '@ddmq/storage'
import { RocksStore } from '@ddmq/storage/rocksdb'
import type { ChronosConfig } from '../config.ts'
import type { OrderedStore } from '../store/ordered-store.ts'

type StoreConfig = Pick<ChronosConfig, 'dataDir' | 'writeBufferBytes' | 'freeSpaceFloorBytes'>

/**
 * The folder of the index. Its writes are not synced: after a power loss it is behind, or damaged and built anew.
 *
 * X1 What cannot be read in it is thrown away: everything is in the log.
 * X2 After a failure the folder is opened as a new store, and the old one refuses everything: an index that had been opened on it
 *    cannot go on with a store that has lost what it wrote.
 */
export class IndexStore implements Component {
  readonly name = 'chronos-index'
  readonly #config: StoreConfig
  readonly #deps: Pick<ProcessDeps, 'clock' | 'log'>
  #store: WatchedStore | undefined
  #turn: Promise<unknown> = Promise.resolve()

  constructor(config: StoreConfig, deps: Pick<ProcessDeps, 'clock' | 'log'>) {
    this.#config = config
    this.#deps = deps
  }

  /** To open an index on; another one than before where that failed (X2). */
  healthy(): Promise<OrderedStore> {
    const result = this.#turn.then(() => this.#healthy())
    this.#turn = result.catch(() => undefined) // Told to the caller; the next one tries again.
    return result
  }

  async start(): Promise<void> {
    this.#store = await this.#open()
  }

  async stop(): Promise<void> {
    await this.#store?.close()
  }

  async #healthy(): Promise<OrderedStore> {
    if (this.#store === undefined) throw new StorageError('unavailable', 'the index is not open')
    const { failed, trouble } = this.#store
    if (!failed && trouble === undefined) return this.#store
    await this.#store.close()
    if (trouble?.kind === 'corrupt') await this.#discard(trouble)
    this.#store = await this.#open()
    return this.#store
  }

  async #open(): Promise<WatchedStore> {
    try {
      return await this.#openOnce()
    } catch (thrown) {
      if (!isUnreadable(thrown)) throw thrown
      await this.#discard(thrown)
      return this.#openOnce()
    }
  }

  async #openOnce(): Promise<WatchedStore> {
    const { dataDir: dir, freeSpaceFloorBytes, writeBufferBytes } = this.#config
    const { clock } = this.#deps
    const store = await RocksStore.open({ dir, fsync: false, clock, freeSpaceFloorBytes, writeBufferBytes })
    return new WatchedStore(store)
  }

  /** X1. */
  async #discard(err: StorageError): Promise<void> {
    const { dataDir: dir } = this.#config
    this.#deps.log.error({ err, dir }, 'the index of delayed messages is damaged and is built anew')
    await rm(dir, { recursive: true, force: true })
  }
}

/** A store that remembers that something of it could not be read or written. */
class WatchedStore implements OrderedStore {
  readonly #store: RocksStore
  #trouble: StorageError | undefined

  constructor(store: RocksStore) {
    this.#store = store
  }

  get failed(): boolean {
    return this.#store.failed
  }

  get trouble(): StorageError | undefined {
    return this.#trouble
  }

  getMany(...args: Parameters<OrderedStore['getMany']>): ReturnType<OrderedStore['getMany']> {
    return this.#watched(this.#store.getMany(...args))
  }

  scan(...args: Parameters<OrderedStore['scan']>): ReturnType<OrderedStore['scan']> {
    return this.#watched(this.#store.scan(...args))
  }

  write(...args: Parameters<OrderedStore['write']>): Promise<void> {
    return this.#watched(this.#store.write(...args))
  }

  close(): Promise<void> {
    return this.#store.close()
  }

  async #watched<Value>(work: Promise<Value>): Promise<Value> {
    try {
      return await work
    } catch (thrown) {
      if (isUnreadable(thrown) && this.#trouble?.kind !== 'corrupt') this.#trouble = thrown
      throw thrown
    }
  }
}

/** Damaged, or incomplete; not in use by another process, and not for want of space. */
function isUnreadable(thrown: unknown): thrown is StorageError {
  if (!(thrown instanceof StorageError)) return false
  const failure = thrown.details['failure']
  return failure === 'corrupt' || failure === 'io'
}
