import { StorageError } from '../errors.ts'
import type { TopicEntry } from './topic.ts'

type Later = 'appendTime' | 'tombstoneRetentionMs'
/** Entries written before these were known do not have them. */
type StoredEntry = Omit<TopicEntry, Later> & Partial<Pick<TopicEntry, Later>>

/** The catalogue's value: JSON, so that an operator can read it. */
export function encodeTopicEntry(entry: TopicEntry): Buffer {
  return Buffer.from(JSON.stringify(entry))
}

/** Throws `corrupt` for anything this engine did not write. */
export function decodeTopicEntry(bytes: Buffer): TopicEntry {
  const entry = tryParse(bytes)
  if (entry === undefined) {
    const shown = JSON.stringify(bytes.toString('utf8', 0, 200))
    throw new StorageError('corrupt', `an entry of the topic catalogue cannot be read: ${shown}`)
  }
  return entry
}

function tryParse(bytes: Buffer): TopicEntry | undefined {
  let json: unknown
  try {
    json = JSON.parse(bytes.toString())
  } catch {
    return undefined
  }
  if (!isTopicEntry(json)) return undefined
  return {
    ...json,
    appendTime: json.appendTime ?? false,
    tombstoneRetentionMs: json.tombstoneRetentionMs ?? null,
  }
}

function isTopicEntry(json: unknown): json is StoredEntry {
  if (typeof json !== 'object' || json === null) return false
  const {
    topic,
    topicId,
    partitions,
    compacted,
    appendTime,
    tombstoneRetentionMs,
    retentionMs,
    retentionBytes,
  }: Partial<Record<keyof TopicEntry, unknown>> = json
  return (
    typeof topic === 'string' &&
    typeof topicId === 'string' &&
    typeof compacted === 'boolean' &&
    typeof (appendTime ?? false) === 'boolean' &&
    [partitions, tombstoneRetentionMs ?? 1, retentionMs ?? 1, retentionBytes ?? 1].every(value =>
      Number.isSafeInteger(value),
    )
  )
}
