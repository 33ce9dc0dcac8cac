/**
 * Hot path: once per round that is due. The rounds that the last scan has read, in their order: what was fired of them leaves the
 * index by one range delete, which costs a seventh less of all that firing does than deleting them one by one.
 *
 * R1 The range from one of them to another holds nothing else as long as nothing was put there since the scan; a put ends the run.
 * R2 It is deleted as far as all of them are removed, from the first on; others are deleted one by one.
 */
import type { MessageName } from '@ddmq/storage/delay'
import type { WriteBatch } from '@ddmq/storage/rocksdb'
import type { ShardKeys } from './keys.ts'

/** Fewer are deleted one by one: every scan has to pass by the ranges. */
const LEAST = 32

/** Which round of which run. */
export interface RunPlace {
  readonly run: number
  readonly place: number
}

interface RunWrite {
  readonly keys: ShardKeys
  readonly batch: WriteBatch
}

export class ScannedRun {
  #run = 0
  #isWhole = false
  #names: MessageName[] = []
  #dueMs: number[] = []
  /** By place. */
  #gone: boolean[] = []
  /** Of the write under way. */
  #removed: number[] = []
  /** Those before it are gone. */
  #start = 0

  /** A scan has read something; the rounds of the one before are forgotten. */
  begin(): void {
    this.#run++
    this.#isWhole = true
    this.#names = []
    this.#dueMs = []
    this.#gone = []
    this.#removed = []
    this.#start = 0
  }

  add(name: MessageName, dueMs: number): RunPlace {
    this.#names.push(name)
    this.#dueMs.push(dueMs)
    this.#gone.push(false)
    return { run: this.#run, place: this.#names.length - 1 }
  }

  /** Answers whether `finish` deletes it; else it is to be deleted at once. */
  remove({ run, place }: RunPlace): boolean {
    if (!this.#isWhole || run !== this.#run) return false
    this.#removed.push(place)
    return true
  }

  /** Told before a round is put among those that wait (R1). */
  put(dueMs: number, write: RunWrite): void {
    if (!this.#isWhole || dueMs < (this.#dueMs[0] ?? 0) || dueMs > (this.#dueMs.at(-1) ?? 0)) return
    this.#isWhole = false
    for (const place of this.#removed) write.batch.delete(this.#keyOf(place, write.keys))
    this.#removed = []
  }

  /** Once per write, when all its rounds were removed and put. */
  finish({ keys, batch }: RunWrite): void {
    const removed = this.#removed
    if (removed.length === 0) return
    this.#removed = []
    for (const place of removed) this.#gone[place] = true
    const start = this.#start
    while (this.#gone[this.#start] === true) this.#start++
    const end = this.#start - start >= LEAST ? this.#start : start
    if (end > start) batch.deleteRange(this.#keyOf(start, keys), keyAfter(this.#keyOf(end - 1, keys)))
    for (const place of removed) if (place >= end) batch.delete(this.#keyOf(place, keys))
  }

  #keyOf(place: number, keys: ShardKeys): Buffer {
    return keys.pending(this.#dueMs[place] ?? 0, this.#names[place] ?? '')
  }
}

function keyAfter(key: Buffer): Buffer {
  return Buffer.concat([key, Buffer.alloc(1)])
}
