import { decodeOurs, encodedOurs, encodeOurs } from './our-codec.ts'
import { createSampleMessage } from './sample-message.ts'
import { decodeThrift, encodedThrift, encodeThrift } from './thrift-codec.ts'

/** Different messages, so that no side profits from having just seen one. */
const MESSAGES = 1_000

/** Each does its work on all the messages once. */
interface CodecSides {
  readonly ours: () => void
  readonly thrift: () => void
}

/** Our compact codec and the `thrift` package, on `Message`s with bodies of 200 bytes; checks that they write the same bytes. */
export function createCodecWork(): { readonly encode: CodecSides; readonly decode: CodecSides } {
  const messages = Array.from({ length: MESSAGES }, createSampleMessage)
  const encoded = messages.map(encodedOurs)
  if (!encoded.every((bytes, index) => messages[index] && bytes.equals(encodedThrift(messages[index])))) {
    throw new Error('the codecs do not write the same bytes')
  }
  return {
    encode: { ours: () => encodeOurs(messages), thrift: () => encodeThrift(messages) },
    decode: { ours: () => decodeOurs(encoded), thrift: () => decodeThrift(encoded) },
  }
}

/** Messages per second over some time: of CPU time, as other processes may want the core too. */
export function rateOf(work: () => void, ms: number): number {
  const untilMs = performance.now() + ms
  const before = process.threadCpuUsage()
  let count = 0
  do {
    work()
    count += MESSAGES
  } while (performance.now() < untilMs)
  const { user, system } = process.threadCpuUsage(before)
  return (count / (user + system)) * 1_000_000
}
