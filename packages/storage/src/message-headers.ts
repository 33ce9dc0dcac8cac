/**
 * Hot path: once per message. How a message's tags and user properties stand in a record's headers (architecture §3).
 *
 * H1 Every user property is one header with the property's own name and its value in UTF-8; tags are `ddmq-tags`.
 * H2 A user property whose name begins with `ddmq-` is stored as `ddmq-property-` and its whole name, so no user
 *    property can pass for one of ours, and decoding gives back exactly what was encoded.
 * H3 Other headers that begin with `ddmq-` are ours and are no properties of the message.
 */
import type { Header } from './port/record.ts'

const OURS = 'ddmq-'
const TAGS = 'ddmq-tags'
const ESCAPED = 'ddmq-property-'

const NO_HEADERS: readonly Header[] = []

export interface MessageHeaders {
  readonly tags: string | undefined
  readonly properties: Map<string, string>
}

/** Headers of a message to store. Absent and empty tags are the same: no header. */
export function encodeMessageHeaders(
  tags: string | undefined,
  properties: ReadonlyMap<string, string> | undefined,
): readonly Header[] {
  const hasTags = tags !== undefined && tags !== ''
  if (!hasTags && (properties === undefined || properties.size === 0)) return NO_HEADERS
  const headers: Header[] = []
  if (hasTags) headers.push({ name: TAGS, value: Buffer.from(tags) })
  if (properties === undefined) return headers
  for (const [name, value] of properties) {
    headers.push({ name: name.startsWith(OURS) ? ESCAPED + name : name, value: Buffer.from(value) })
  }
  return headers
}

/** The message's own part of a record's headers. Of two headers of one name the later counts. */
export function decodeMessageHeaders(headers: readonly Header[]): MessageHeaders {
  const properties = new Map<string, string>()
  let tags: string | undefined
  for (let index = 0; index < headers.length; index++) {
    const header = headers[index]
    if (header === undefined) continue
    const { name } = header
    if (name === TAGS) tags = text(header.value)
    else if (name.startsWith(ESCAPED)) properties.set(name.slice(ESCAPED.length), text(header.value))
    else if (!name.startsWith(OURS)) properties.set(name, text(header.value))
  }
  return { tags, properties }
}

/** What a service of ours noted on the record (H3), such as why a message is a dead letter. */
export function decodeServiceHeaders(headers: readonly Header[]): Map<string, string> {
  const noted = headers.filter(
    ({ name }) => name.startsWith(OURS) && name !== TAGS && !name.startsWith(ESCAPED),
  )
  return new Map(noted.map(({ name, value }) => [name, text(value)]))
}

function text(value: Uint8Array): string {
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString()
}
