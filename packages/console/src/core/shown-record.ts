import { decodeMessageHeaders, decodeServiceHeaders, type StoredRecord } from '@ddmq/storage'

/** One record as `tail` shows it. `body` where the bytes are UTF-8, else `bodyBase64`. */
export interface ShownRecord {
  readonly brokerCluster: string
  readonly topic: string
  readonly partition: string
  readonly offset: number
  readonly timestampMs: number
  readonly key: string | null
  readonly tags: string | null
  readonly properties: Readonly<Record<string, string>>
  /** What services noted on it (`ddmq-…`), such as why it is a dead letter; absent when there is nothing. */
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly bodyBase64?: string
}

export function showRecord(
  place: Pick<ShownRecord, 'brokerCluster' | 'topic' | 'partition'>,
  record: StoredRecord,
): ShownRecord {
  const { tags, properties } = decodeMessageHeaders(record.headers)
  const headers = decodeServiceHeaders(record.headers)
  const body = record.value ?? new Uint8Array()
  const text = toText(body)
  return {
    ...place,
    offset: record.offset,
    timestampMs: record.timestampMs,
    key: record.key === null ? null : (toText(record.key) ?? toBase64(record.key)),
    tags: tags ?? null,
    properties: Object.fromEntries(properties),
    ...(headers.size === 0 ? {} : { headers: Object.fromEntries(headers) }),
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
