import { decodeOurs, encodedOurs, encodeOurs } from './our-codec.ts'
import { createSampleMessage } from './sample-message.ts'
import { decodeThrift, encodedThrift, encodeThrift } from './thrift-codec.ts'

/** Messages per second of CPU time. */
export interface CodecRates {
  readonly ours: number
  readonly thrift: number
}

export interface CodecBenchResult {
  readonly encode: CodecRates
  readonly decode: CodecRates
}

const ROUNDS = 8
const ROUND_MS = 120
/** Different messages, so that no side profits from having just seen one. */
const MESSAGES = 1_000

/**
 * Our compact codec against the `thrift` package, on `Message`s with bodies of 200 bytes. Rounds of all four are
 * interleaved and the best of each counts: a busy moment of the machine only ever makes a round slower. Takes about
 * 5 seconds.
 */
export async function runCodecBench(): Promise<CodecBenchResult> {
  const messages = Array.from({ length: MESSAGES }, createSampleMessage)
  const encoded = messages.map(encodedOurs)
  if (!encoded.every((bytes, index) => messages[index] && bytes.equals(encodedThrift(messages[index])))) {
    throw new Error('the codecs do not write the same bytes')
  }
  const encode = { ours: 0, thrift: 0 }
  const decode = { ours: 0, thrift: 0 }
  for (let round = 0; round < ROUNDS; round++) {
    encode.ours = Math.max(
      encode.ours,
      rateOf(() => encodeOurs(messages)),
    )
    encode.thrift = Math.max(
      encode.thrift,
      rateOf(() => encodeThrift(messages)),
    )
    decode.ours = Math.max(
      decode.ours,
      rateOf(() => decodeOurs(encoded)),
    )
    decode.thrift = Math.max(
      decode.thrift,
      rateOf(() => decodeThrift(encoded)),
    )
  }
  return { encode, decode }
}

/** Messages per second over one round: of CPU time, as other processes may want the core too. */
function rateOf(work: () => void): number {
  const untilMs = performance.now() + ROUND_MS
  const before = process.threadCpuUsage()
  let count = 0
  do {
    work()
    count += MESSAGES
  } while (performance.now() < untilMs)
  const { user, system } = process.threadCpuUsage(before)
  return (count / (user + system)) * 1_000_000
}
