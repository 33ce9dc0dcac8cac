import { mkdir } from 'node:fs/promises'
import type { Clock } from '@ddmq/common/clock'
import { StorageError } from '../errors.ts'
import { toStorageError, toSyncError, toWriteError } from './classify-error.ts'
import { createNativeStore, type NativeIterator, type NativeStore, type NativeWriteBatch } from './native.ts'
import { type FreeSpaceProbe, SpaceGuard } from './space-guard.ts'
import { WalSync } from './wal-sync.ts'
import { checkBytes, type WriteBatch } from './write-batch.ts'

export interface RocksOptions {
  /** Created when missing. One process holds it; a second open is refused. */
  readonly dir: string
  /** Every write is on the disk when it resolves. Without: it survives a killed process, not a power loss. */
  readonly fsync: boolean
  readonly clock: Clock
  /** Writes are refused while less is free. */
  readonly freeSpaceFloorBytes: number
  readonly freeSpace?: FreeSpaceProbe | undefined
  /** Size of the memory table; up to two are held. */
  readonly writeBufferBytes?: number | undefined
}

export interface ScanOptions {
  readonly gte: Buffer
  readonly lt: Buffer
  /** At most this many entries are read, at once. */
  readonly limit: number
  readonly reverse?: boolean
  /** False reads the keys only; values are then empty. */
  readonly values?: boolean
}

export interface Entry {
  readonly key: Buffer
  readonly value: Buffer
}

const EMPTY = Buffer.alloc(0)
const DEFAULT_WRITE_BUFFER_BYTES = 32 * 1024 * 1024

/**
 * The one wrapper of the native library; it keeps the rules without which that library loses data or hangs:
 *
 * R1 Only Buffers reach it.
 * R2 Every batch and iterator is destroyed, and `close` waits for those in use, so `close` never hangs.
 * R3 One write or flush at a time.
 * R4 The write-ahead log is replayed strictly: damage refuses to open, only an unfinished last record is dropped.
 * R5 After a failed write nothing is written until `reopen`: what the log then holds decides.
 */
export class RocksStore {
  readonly dir: string
  readonly #options: RocksOptions
  readonly #space: SpaceGuard
  readonly #wal: WalSync
  #native: NativeStore | undefined
  #tail: Promise<unknown> = Promise.resolve()
  #failed = false
  #reading = 0
  #whenQuiet: (() => void) | undefined

  private constructor(options: RocksOptions) {
    this.dir = options.dir
    this.#options = options
    this.#space = new SpaceGuard({
      dir: options.dir,
      floorBytes: options.freeSpaceFloorBytes,
      probe: options.freeSpace,
      clock: options.clock,
    })
    this.#wal = new WalSync(options.dir)
  }

  /** Rejects `unavailable` when another process has the folder, `corrupt` when the data fails its check. */
  static async open(options: RocksOptions): Promise<RocksStore> {
    const store = new RocksStore(options)
    await store.#open()
    return store
  }

  /** A write failed; `reopen` is needed before the next one. */
  get failed(): boolean {
    return this.#failed
  }

  get belowSpaceFloor(): boolean {
    return this.#space.belowFloor
  }

  /** Asks the file system, if that is due; rejects `unavailable` below the floor. */
  async checkSpace(): Promise<void> {
    await this.#space.check(0)
  }

  /** Applies all of the batch or nothing. Rejects `outcomeUnknown` when it may be stored, else nothing is. */
  write(batch: WriteBatch): Promise<void> {
    return this.#exclusive(() => this.#write(batch))
  }

  async get(key: Buffer): Promise<Buffer | undefined> {
    const [value] = await this.getMany([key])
    return value
  }

  /** In the order of the keys. */
  getMany(keys: readonly Buffer[]): Promise<(Buffer | undefined)[]> {
    for (const key of keys) checkBytes(key)
    return this.#shared(async native => {
      if (keys.length === 0) return []
      const batch = native.read({ capacity: keys.length, autoDestroy: true })
      const reads = Promise.all(keys.map(key => batch.get(key)))
      batch.tryFlush()
      const values = await reads
      return values.map(value => value ?? undefined)
    })
  }

  /** Entries in key order (or reverse), at most `limit`. */
  scan(options: ScanOptions): Promise<Entry[]> {
    const { gte, lt, limit, reverse = false, values = true } = options
    checkBytes(gte)
    checkBytes(lt)
    return this.#shared(async native => {
      // One more than the limit as capacity makes the library end after a single read.
      const iterator = native.iterator({ gte, lt }, { reverse, values, limit, capacity: limit + 1 })
      return entriesOf(iterator)
    })
  }

  /** Writes the memory table out; range deletes give disk space back only then. */
  flush(): Promise<void> {
    return this.#exclusive(() => this.#use('flush', native => native.flush()))
  }

  /** Closes and opens again after a failed write. Reads wait meanwhile. */
  reopen(): Promise<void> {
    return this.#exclusive(async () => {
      await this.#closeNative()
      await this.#open()
      this.#failed = false
    })
  }

  /** Waits for what is running. Idempotent. */
  close(): Promise<void> {
    return this.#exclusive(() => this.#closeNative())
  }

  async #open(): Promise<void> {
    await mkdir(this.dir, { recursive: true })
    const native = await createNativeStore(this.dir, {
      createIfMissing: true,
      walRecoveryMode: 0,
      maxBackgroundJobs: 2,
      maxWriteBufferNumber: 2,
      writeBufferSize: this.#options.writeBufferBytes ?? DEFAULT_WRITE_BUFFER_BYTES,
      filterPolicy: null,
    })
    try {
      await native.ready()
    } catch (thrown) {
      throw toStorageError(thrown, `cannot open ${this.dir}`)
    }
    this.#native = native
  }

  async #closeNative(): Promise<void> {
    const native = this.#native
    if (native === undefined) return
    this.#native = undefined
    if (this.#reading > 0) await new Promise<void>(resolve => (this.#whenQuiet = resolve))
    await this.#wal.close()
    await native.close()
  }

  /** Hot path. Nothing closes the store meanwhile (R3), so it is not counted as a reader is. */
  async #write(batch: WriteBatch): Promise<void> {
    if (this.#failed)
      throw new StorageError('unavailable', `the store in ${this.dir} failed and was not reopened yet`)
    const asked = this.#space.check(batch.bytes)
    if (asked !== undefined) await asked
    const native = this.#opened()
    const target = native.write({ capacity: batch.operations.length })
    try {
      addOperations(target, batch)
      await target.flush()
    } catch (thrown) {
      this.#failed = true
      throw toWriteError(thrown, `write to ${this.dir} failed`)
    } finally {
      target.destroy()
    }
    if (this.#options.fsync) await this.#sync(native)
  }

  async #sync(native: NativeStore): Promise<void> {
    try {
      await this.#wal.sync(native)
    } catch (thrown) {
      this.#failed = true
      throw toSyncError(thrown, `sync of a write to ${this.dir} failed`)
    }
  }

  /** Reads run side by side; those that come during a reopen wait for it. */
  async #shared<Value>(work: (native: NativeStore) => Promise<Value>): Promise<Value> {
    if (this.#native === undefined) await this.#tail
    return this.#use('read', work)
  }

  async #use<Value>(what: string, work: (native: NativeStore) => Promise<Value>): Promise<Value> {
    const native = this.#opened()
    this.#reading++
    try {
      return await work(native)
    } catch (thrown) {
      throw toStorageError(thrown, `${what} in ${this.dir} failed`)
    } finally {
      this.#reading--
      if (this.#reading === 0) this.#whenQuiet?.()
    }
  }

  #opened(): NativeStore {
    if (this.#native !== undefined) return this.#native
    throw new StorageError('unavailable', `the store in ${this.dir} is closed`)
  }

  #exclusive<Value>(work: () => Promise<Value>): Promise<Value> {
    const result = this.#tail.then(work)
    this.#tail = result.catch(() => undefined) // the caller has the error; the next in line does not care
    return result
  }
}

/** By events, as a promise per entry costs more than the entry; it is over only when the iterator is destroyed. */
function entriesOf(iterator: NativeIterator): Promise<Entry[]> {
  const entries: Entry[] = []
  let failure: Error | undefined
  return new Promise((resolve, reject) => {
    iterator.on('data', ({ key, value }) => entries.push({ key, value: value ?? EMPTY }))
    iterator.on('error', error => (failure = error))
    iterator.on('close', () => (failure === undefined ? resolve(entries) : reject(failure)))
  })
}

function addOperations(target: NativeWriteBatch, { operations }: WriteBatch): void {
  for (const { kind, key, operand } of operations) {
    if (kind === 'put') target.tryPut(key, operand)
    else if (kind === 'delete') target.tryDelete(key)
    else target.tryDeleteRange(key, operand)
  }
}
