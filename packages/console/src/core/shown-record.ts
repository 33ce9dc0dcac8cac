import type { StoredRecord } from '@ddmq/storage'

/** One record as `tail` shows it. `body` where the bytes are UTF-8, else `bodyBase64`. */
export interface ShownRecord {
  readonly topic: string
  readonly partition: string
  readonly offset: number
  readonly timestampMs: number
  readonly key: string | null
  readonly tags: string | null
  readonly properties: Readonly<Record<string, string>>
  readonly body?: string
  readonly bodyBase64?: string
}

/** Header names of ours (architecture §3); every other header is a property of the message. */
const OWN_PREFIX = 'ddmq-'
const TAGS_HEADER = 'ddmq-tags'

export function showRecord(topic: string, partition: string, record: StoredRecord): ShownRecord {
  const properties: Record<string, string> = {}
  let tags: string | null = null
  for (const { name, value } of record.headers) {
    if (name === TAGS_HEADER) tags = toText(value) ?? null
    else if (!name.startsWith(OWN_PREFIX)) properties[name] = toText(value) ?? toBase64(value)
  }
  const body = record.value ?? new Uint8Array()
  const text = toText(body)
  return {
    topic,
    partition,
    offset: record.offset,
    timestampMs: record.timestampMs,
    key: record.key === null ? null : (toText(record.key) ?? toBase64(record.key)),
    tags,
    properties,
    ...(text === undefined ? { bodyBase64: toBase64(body) } : { body: text }),
  }
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function toText(bytes: Uint8Array): string | undefined {
  try {
    return strictUtf8.decode(bytes)
  } catch {
    return undefined
  }
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
}
