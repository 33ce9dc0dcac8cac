/** The 64 bits of a hash id as two signed 32-bit words, as the codec writes them. */
export interface HashIdWords {
  readonly high: number
  readonly low: number
}

const MIN_I64 = -(2n ** 63n)
const MAX_I64 = 2n ** 63n - 1n

/** A problem text instead of words when the id has no exact 64-bit form. */
export function toHashIdWords(hashId: bigint | number | string): HashIdWords | string {
  if (typeof hashId === 'string') return fnv1a64(hashId)
  if (typeof hashId === 'bigint') return bigintWords(hashId)
  if (!Number.isSafeInteger(hashId)) return 'hashId must be a safe integer; use a bigint for larger values'
  return { high: Math.floor(hashId / 2 ** 32) | 0, low: hashId | 0 }
}

function bigintWords(value: bigint): HashIdWords | string {
  if (value < MIN_I64 || value > MAX_I64) return 'hashId must fit into 64 bits'
  return { high: Number(BigInt.asIntN(32, value >> 32n)), low: Number(BigInt.asIntN(32, value)) }
}

/**
 * 64-bit FNV-1a of the UTF-8 bytes with the sign bit cleared, so that the same text gives the same non-negative hash in
 * every language (sdk.md §19.3). The prime is 2^40 + 0x1b3: the high word takes the low word shifted by 8.
 */
function fnv1a64(text: string): HashIdWords {
  let high = 0xcbf29ce4
  let low = 0x84222325
  for (const byte of Buffer.from(text, 'utf8')) {
    low = (low ^ byte) >>> 0
    const product = low * 0x1b3
    high = (high * 0x1b3 + Math.floor(product / 2 ** 32) + ((low << 8) >>> 0)) % 2 ** 32
    low = product % 2 ** 32
  }
  return { high: (high & 0x7fffffff) | 0, low: low | 0 }
}
