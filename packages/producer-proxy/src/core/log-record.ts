/** Hot path: once per message. */
import type { Message } from '@ddmq/common/idl'
import { encodeMessageHeaders, type LogRecord } from '@ddmq/storage'

/** Bytes to store: the text of old SDKs counts only where there is no body (producer-proxy.md §4). */
export function bodyOf(message: Message): Uint8Array | undefined {
  return message.body ?? message.value
}

/** The record of one message: key bytes, body as received, tags and properties as headers (producer-proxy.md §21). */
export function recordOf(message: Message, body: Uint8Array, timestampMs: number): LogRecord {
  const { key, tags, properties } = message
  return {
    key: key === undefined || key === '' ? null : Buffer.from(key),
    value: body,
    headers: encodeMessageHeaders(tags, properties),
    timestampMs,
  }
}
