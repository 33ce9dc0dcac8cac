import { createCodecWork, rateOf } from './codec-work.ts'

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

/**
 * Our compact codec against the `thrift` package. Rounds of all four are interleaved and the best of each counts: a busy
 * moment of the machine only ever makes a round slower. Takes about 5 seconds.
 */
export async function runCodecBench(): Promise<CodecBenchResult> {
  const work = createCodecWork()
  const encode = { ours: 0, thrift: 0 }
  const decode = { ours: 0, thrift: 0 }
  for (let round = 0; round < ROUNDS; round++) {
    encode.ours = Math.max(encode.ours, rateOf(work.encode.ours, ROUND_MS))
    encode.thrift = Math.max(encode.thrift, rateOf(work.encode.thrift, ROUND_MS))
    decode.ours = Math.max(decode.ours, rateOf(work.decode.ours, ROUND_MS))
    decode.thrift = Math.max(decode.thrift, rateOf(work.decode.thrift, ROUND_MS))
  }
  return { encode, decode }
}
