import { type FileHandle, open } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { createNativeStore, type NativeStore } from '@ddmq/storage/rocksdb'

const KEY_BYTES = 12
const BLOCK_HEADER_BYTES = 16
const RECORD_HEADER_BYTES = 12
/** As our engine opens it. */
const NATIVE_OPTIONS = {
  createIfMissing: true,
  walRecoveryMode: 0,
  maxBackgroundJobs: 2,
  maxWriteBufferNumber: 2,
  writeBufferSize: 32 * 1024 * 1024,
  filterPolicy: null,
} as const

const NO_BLOCK = Buffer.alloc(BLOCK_HEADER_BYTES)

export interface BareRecord {
  readonly offset: number
  readonly value: Buffer
  readonly timestampMs: number
}

interface Waiting {
  readonly value: Buffer
  readonly timestampMs: number
  readonly resolve: (outcomes: readonly { readonly baseOffset: number }[]) => void
}

/**
 * What somebody would write by hand to append to a log in RocksDB: no checks, no failures, no deadlines. Everything that comes
 * while a write is under way goes into the next batch, one block per partition as our engine stores them, which is faster than
 * one key per record from a few records on; a promise per append, as everybody who appends wants to know of it.
 */
export class BareLog {
  readonly #dir: string
  readonly #native: NativeStore
  readonly #fsync: boolean
  readonly #endOffsets: number[]
  #waiting: Waiting[][]
  #isRunning = false
  #walPath = ''
  #wal: FileHandle | undefined

  private constructor(dir: string, native: NativeStore, partitions: number, fsync: boolean) {
    this.#dir = dir
    this.#native = native
    this.#fsync = fsync
    this.#endOffsets = Array.from({ length: partitions }, () => 0)
    this.#waiting = this.#nothing()
  }

  static async open(dir: string, partitions: number, fsync: boolean): Promise<BareLog> {
    const native = await createNativeStore(dir, NATIVE_OPTIONS)
    await native.ready()
    return new BareLog(dir, native, partitions, fsync)
  }

  /** Resolves with the record's offset when it is stored, on the disk with `fsync`. */
  append(
    partition: number,
    value: Buffer,
    timestampMs: number,
  ): Promise<readonly { readonly baseOffset: number }[]> {
    return new Promise(resolve => {
      this.#waiting[partition]?.push({ value, timestampMs, resolve })
      if (this.#isRunning) return
      this.#isRunning = true
      void this.#run()
    })
  }

  /** Records from an offset on, of so many blocks; empty at the end. Their values are views into the blocks. */
  read(partition: number, offset: number, blocks: number): Promise<BareRecord[]> {
    const range = { gte: keyOf(partition, offset + 1), lt: keyOf(partition + 1, 0) }
    const options = { reverse: false, values: true, limit: blocks, capacity: blocks + 1 }
    const records: BareRecord[] = []
    return new Promise((resolve, reject) => {
      const iterator = this.#native.iterator(range, options)
      iterator.on('data', ({ value }) => takeRecords(value ?? NO_BLOCK, offset, records))
      iterator.on('error', reject)
      iterator.on('close', () => resolve(records))
    })
  }

  async close(): Promise<void> {
    await this.#wal?.close()
    await this.#native.close()
  }

  async #run(): Promise<void> {
    await Promise.resolve()
    while (this.#waiting.some(records => records.length > 0)) {
      const taken = this.#waiting
      this.#waiting = this.#nothing()
      const ends = await this.#write(taken)
      for (const [partition, records] of taken.entries()) {
        let baseOffset = (ends[partition] ?? 0) - records.length
        for (const { resolve } of records) resolve([{ baseOffset: baseOffset++ }])
      }
    }
    this.#isRunning = false
  }

  /** Answers where the partitions end then. */
  async #write(taken: readonly (readonly Waiting[])[]): Promise<readonly number[]> {
    const batch = this.#native.write({ capacity: taken.length })
    for (const [partition, records] of taken.entries()) {
      if (records.length === 0) continue
      const baseOffset = this.#endOffsets[partition] ?? 0
      const endOffset = baseOffset + records.length
      batch.tryPut(keyOf(partition, endOffset), blockOf(baseOffset, records))
      this.#endOffsets[partition] = endOffset
    }
    await batch.flush()
    batch.destroy()
    if (this.#fsync) await this.#sync()
    return this.#endOffsets
  }

  async #sync(): Promise<void> {
    const [{ path }] = await Promise.all([this.#native.currentWalFile(), this.#wal?.datasync()])
    if (path === this.#walPath) return
    await this.#wal?.close()
    this.#wal = await open(join(this.#dir, basename(path)), 'r+')
    this.#walPath = path
    await this.#wal.datasync()
  }

  #nothing(): Waiting[][] {
    return this.#endOffsets.map(() => [])
  }
}

function keyOf(partition: number, endOffset: number): Buffer {
  const key = Buffer.allocUnsafe(KEY_BYTES)
  key.writeUInt32BE(partition, 0)
  key.writeUIntBE(0, 4, 2)
  key.writeUIntBE(endOffset, 6, 6)
  return key
}

function blockOf(baseOffset: number, records: readonly Waiting[]): Buffer {
  let size = BLOCK_HEADER_BYTES
  for (const { value } of records) size += RECORD_HEADER_BYTES + value.length
  const block = Buffer.allocUnsafe(size)
  block.writeUIntBE(baseOffset, 0, 6)
  block.writeUInt32BE(records.length, 12)
  let at = BLOCK_HEADER_BYTES
  for (const { value, timestampMs } of records) {
    block.writeUInt32BE(value.length, at)
    block.writeDoubleBE(timestampMs, at + 4)
    block.set(value, at + RECORD_HEADER_BYTES)
    at += RECORD_HEADER_BYTES + value.length
  }
  return block
}

function takeRecords(block: Buffer, fromOffset: number, records: BareRecord[]): void {
  const baseOffset = block.readUIntBE(0, 6)
  const endOffset = baseOffset + block.readUInt32BE(12)
  let at = BLOCK_HEADER_BYTES
  for (let offset = baseOffset; offset < endOffset; offset++) {
    const start = at + RECORD_HEADER_BYTES
    const end = start + block.readUInt32BE(at)
    if (offset >= fromOffset) {
      records.push({ offset, value: block.subarray(start, end), timestampMs: block.readDoubleBE(at + 4) })
    }
    at = end
  }
}
