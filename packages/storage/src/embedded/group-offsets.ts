import { StorageError } from '../errors.ts'
import type { CommittedOffset } from '../port/membership.ts'
import type { WriteBatch } from '../rocksdb/index.ts'
import { groupKey, parseGroupKey, readOffset, writeOffset } from './keys.ts'
import type { PartitionLog } from './partition-log.ts'
import type { Topics } from './topics.ts'

const MAX_METADATA_BYTES = 32 * 1024

interface StoredOffset {
  readonly topicNumber: number
  readonly partition: number
  readonly offset: number
  readonly metadata: string
}

/** An offset to store, with its partition looked up. */
export interface ResolvedOffset {
  readonly log: PartitionLog
  readonly offset: number
  readonly metadata: string
}

/** The committed offsets of all groups, as stored. Changed only when their write has resolved. */
export class GroupOffsets {
  readonly #topics: Topics
  readonly #groups = new Map<string, Map<string, StoredOffset>>()

  constructor(topics: Topics) {
    this.#topics = topics
  }

  clear(): void {
    this.#groups.clear()
  }

  load(key: Buffer, value: Buffer): void {
    const { group, topicNumber, partition } = parseGroupKey(key)
    this.#set(group, {
      topicNumber,
      partition,
      offset: readOffset(value, 0),
      metadata: value.toString('utf8', 8),
    })
  }

  groups(): readonly string[] {
    return [...this.#groups.keys()].toSorted()
  }

  get(group: string, log: PartitionLog): CommittedOffset | undefined {
    const stored = this.#groups.get(group)?.get(nameOf(log))
    return stored === undefined ? undefined : committed(log.topic.name, stored)
  }

  /** Of one group, in one topic or all. */
  list(group: string, topic?: string): readonly CommittedOffset[] {
    const offsets: CommittedOffset[] = []
    for (const stored of this.#groups.get(group)?.values() ?? []) {
      const name = this.#topics.byNumber(stored.topicNumber)?.name
      if (name !== undefined && (topic === undefined || topic === name)) offsets.push(committed(name, stored))
    }
    return offsets
  }

  /** Looks up and checks what a caller wants to commit; throws `unknownTopic` or `invalid`. */
  resolve({ topic, partition, offset, metadata }: CommittedOffset): ResolvedOffset {
    const log = this.#topics.log(topic, partition)
    if (!Number.isSafeInteger(offset) || offset < 0) {
      throw new StorageError('invalid', `offset ${offset} is not a whole number from 0 on`)
    }
    if (Buffer.byteLength(metadata) > MAX_METADATA_BYTES) {
      throw new StorageError('tooLarge', `metadata is over the limit of ${MAX_METADATA_BYTES} bytes`)
    }
    return { log, offset, metadata }
  }

  /** Throws `unknownTopic`, and has then staged nothing, when a topic was deleted since it was looked up. */
  stage(batch: WriteBatch, group: string, offsets: readonly ResolvedOffset[]): void {
    for (const { log } of offsets) {
      if (log.topic.deleted) throw new StorageError('unknownTopic', `topic ${log.topic.name} was deleted`)
    }
    for (const { log, offset, metadata } of offsets) {
      const value = Buffer.alloc(8 + Buffer.byteLength(metadata))
      writeOffset(value, offset, 0)
      value.write(metadata, 8)
      batch.put(groupKey(group, log), value)
    }
  }

  apply(group: string, offsets: readonly ResolvedOffset[]): void {
    for (const { log, offset, metadata } of offsets) {
      if (log.topic.deleted) continue
      this.#set(group, { topicNumber: log.topicNumber, partition: log.partition, offset, metadata })
    }
  }

  stageForget(batch: WriteBatch, group: string): void {
    for (const stored of this.#groups.get(group)?.values() ?? []) batch.delete(groupKey(group, stored))
  }

  applyForget(group: string): void {
    this.#groups.delete(group)
  }

  stageForgetTopic(batch: WriteBatch, topicNumber: number): void {
    for (const [group, offsets] of this.#groups) {
      for (const stored of offsets.values()) {
        if (stored.topicNumber === topicNumber) batch.delete(groupKey(group, stored))
      }
    }
  }

  applyForgetTopic(topicNumber: number): void {
    for (const [group, offsets] of this.#groups) {
      for (const [name, stored] of offsets) if (stored.topicNumber === topicNumber) offsets.delete(name)
      if (offsets.size === 0) this.#groups.delete(group)
    }
  }

  #set(group: string, stored: StoredOffset): void {
    let offsets = this.#groups.get(group)
    if (offsets === undefined) {
      offsets = new Map()
      this.#groups.set(group, offsets)
    }
    offsets.set(nameOf(stored), stored)
  }
}

function nameOf(at: { readonly topicNumber: number; readonly partition: number }): string {
  return `${at.topicNumber}/${at.partition}`
}

function committed(topic: string, { partition, offset, metadata }: StoredOffset): CommittedOffset {
  return { topic, partition: String(partition), offset, metadata }
}
