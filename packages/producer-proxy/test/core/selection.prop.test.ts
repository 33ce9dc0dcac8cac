import { javaStringHash } from '@ddmq/common/delay'
import { Message } from '@ddmq/common/idl'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { clusterIndex, magnitudeModulo, partitionIndex } from '../../src/core/selection.ts'

const hash = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
const count = fc.integer({ min: 1, max: 100_000 })
const random = (): number => 0.999_999

function message(change: Partial<Message>, hashId = 0n): Message {
  const words = {
    hashIdHigh: Number(BigInt.asIntN(32, hashId >> 32n)),
    hashIdLow: Number(BigInt.asIntN(32, hashId)),
  }
  return Object.assign(new Message(), words, change)
}

describe('selection of cluster and partition', () => {
  it('PP-35 PP-38 S1 S2 is the magnitude of the whole 64-bit hash modulo the count, for every hash', () => {
    fc.assert(
      fc.property(hash, count, (hashId, n) => {
        const magnitude = hashId < 0n ? -hashId : hashId
        const { hashIdHigh, hashIdLow } = message({}, hashId)
        expect(magnitudeModulo(hashIdHigh, hashIdLow, n)).toBe(Number(magnitude % BigInt(n)))
      }),
    )
  })

  it('PP-33 takes an explicit partition modulo the count', () => {
    expect(partitionIndex(message({ partitionId: 7 }), 4, random)).toBe(3)
  })

  it('PP-34 takes the magnitude of a negative hash', () => {
    expect(partitionIndex(message({}, -5n), 4, random)).toBe(1)
  })

  it('PP-35 gives the smallest 64-bit hash a valid partition', () => {
    expect(partitionIndex(message({}, -(2n ** 63n)), 7, random)).toBe(Number(2n ** 63n % 7n))
  })

  it('PP-36 spreads messages without partition over all of them', () => {
    const seen = new Set<number>()
    for (let step = 0; step < 8; step++)
      seen.add(partitionIndex(message({ partitionId: -2 }), 8, () => step / 8))
    expect(seen.size).toBe(8)
    expect(partitionIndex(message({ partitionId: -2 }), 8, random)).toBe(7)
  })

  it('PP-37 chooses cluster 3 mod 2 for partition 3', () => {
    expect(clusterIndex(message({ partitionId: 3 }), 2, random)).toBe(1)
  })

  it('chooses the cluster by key where there is neither partition nor hash, and at random without key', () => {
    expect(clusterIndex(message({ partitionId: -2, key: 'hello' }), 3, random)).toBe(99_162_322 % 3)
    expect(clusterIndex(message({ partitionId: -2, key: '' }), 3, random)).toBe(2)
  })

  it.each([
    ['hello', 99_162_322],
    ['14f22520-ad72-11e7-91be-6ee54da579e3', 139_185_948],
    ['', 0],
  ])('computes the Java hash of %j', (text, expected) => {
    expect(javaStringHash(text)).toBe(expected)
  })

  it('S1 stays in range for every message', () => {
    const anyMessage = fc
      .tuple(hash, fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), fc.string())
      .map(([hashId, partitionId, key]) => message({ partitionId, key }, hashId))
    fc.assert(
      fc.property(anyMessage, count, (given, n) => {
        for (const index of [clusterIndex(given, n, random), partitionIndex(given, n, random)]) {
          expect(Number.isInteger(index) && index >= 0 && index < n).toBe(true)
        }
      }),
    )
  })
})
