import type { ConsumedMessage as WireMessage } from '@ddmq/common/idl'
import type { ConsumedMessage } from './consumer.ts'

const EMPTY = new Uint8Array(0)
const NO_PROPERTIES: Readonly<Record<string, string>> = Object.freeze({})

/** A received message in the words of this SDK. */
export function toConsumedMessage(
  wire: WireMessage,
  { topic, qid }: { readonly topic: string; readonly qid: string },
): ConsumedMessage {
  return {
    topic,
    qid,
    offset: wire.offset,
    key: wire.key,
    body: wire.value ?? EMPTY,
    tags: wire.tag,
    properties: wire.properties === undefined ? NO_PROPERTIES : Object.fromEntries(wire.properties),
  }
}
