import { statfs } from 'node:fs/promises'
import type { Clock } from '@ddmq/common/clock'
import { StorageError } from '../errors.ts'
import { toStorageError } from './classify-error.ts'

/** Bytes that this user may still write in the file system of `dir`. */
export type FreeSpaceProbe = (dir: string) => Promise<number>

const PROBE_INTERVAL_MS = 1000

/**
 * Refuses writes while less than the floor is free, before RocksDB sees them: a full disk in the write-ahead log needs a
 * reopen, a full disk seen early needs nothing (measurements: `rocksdb-native`, robustness).
 *
 * The file system is asked once a second, and earlier when a quarter of the floor has been written since; while below the
 * floor before every write, so that writes go on as soon as there is space.
 */
export class SpaceGuard {
  readonly #dir: string
  readonly #floorBytes: number
  readonly #probe: FreeSpaceProbe
  readonly #clock: Clock
  #bytesSinceProbe = 0
  #nextProbeMs = Number.NEGATIVE_INFINITY
  #freeBytes = Number.POSITIVE_INFINITY

  constructor(options: {
    dir: string
    floorBytes: number
    probe?: FreeSpaceProbe | undefined
    clock: Clock
  }) {
    this.#dir = options.dir
    this.#floorBytes = options.floorBytes
    this.#probe = options.probe ?? freeBytesOf
    this.#clock = options.clock
  }

  get belowFloor(): boolean {
    return this.#freeBytes < this.#floorBytes
  }

  /**
   * Rejects `unavailable` when there is too little space for a write of that many bytes. Undefined where there is enough without
   * asking the file system, as for nearly every write: that costs no promise.
   */
  check(bytes: number): Promise<void> | undefined {
    this.#bytesSinceProbe += bytes
    return this.#mustProbe() ? this.#askAndCheck() : undefined
  }

  #mustProbe(): boolean {
    return (
      this.belowFloor ||
      this.#bytesSinceProbe * 4 >= this.#floorBytes ||
      this.#clock.monotonicMs() >= this.#nextProbeMs
    )
  }

  async #askAndCheck(): Promise<void> {
    await this.#ask()
    if (!this.belowFloor) return
    const free = `${this.#freeBytes} bytes are free, ${this.#floorBytes} are the floor`
    throw new StorageError('unavailable', `too little disk space in ${this.#dir}: ${free}`, {
      details: { freeBytes: this.#freeBytes, floorBytes: this.#floorBytes, failure: 'belowFloor' },
    })
  }

  async #ask(): Promise<void> {
    try {
      this.#freeBytes = await this.#probe(this.#dir)
    } catch (thrown) {
      throw toStorageError(thrown, `asking for the free space of ${this.#dir}`)
    }
    this.#bytesSinceProbe = 0
    this.#nextProbeMs = this.#clock.monotonicMs() + PROBE_INTERVAL_MS
  }
}

async function freeBytesOf(dir: string): Promise<number> {
  const { bavail, bsize } = await statfs(dir)
  return bavail * bsize
}
