/**
 * Hot path: which cluster and which partition a message goes to (producer-proxy.md §8).
 *
 * S1 The index is in 0…count−1 for every input.
 * S2 It is |x| mod count of the whole 64-bit value, |−2^63| included.
 */
import { javaStringHash } from '@ddmq/common/delay'
import type { Message } from '@ddmq/common/idl'

/** A number in [0, 1). */
export type Random = () => number

const TWO_POW_32 = 0x1_0000_0000

/** partitionId ≥ 0, else the hash of −1, else the key, else random. */
export function clusterIndex(message: Message, count: number, random: Random): number {
  if (count === 1) return 0
  const { partitionId, key } = message
  if (partitionId >= 0) return partitionId % count
  if (partitionId === -1) return magnitudeModulo(message.hashIdHigh, message.hashIdLow, count)
  if (key !== undefined && key !== '') return Math.abs(javaStringHash(key)) % count
  return Math.floor(random() * count)
}

/** Neither partition nor hash says where the message belongs. */
export function leavesPartitionOpen({ partitionId }: Message): boolean {
  return partitionId < -1
}

/** Nothing says which cluster the message belongs to. */
export function leavesClusterOpen(message: Message): boolean {
  return leavesPartitionOpen(message) && (message.key === undefined || message.key === '')
}

/** partitionId ≥ 0, else the hash of −1, else random; the same on every engine. */
export function partitionIndex(message: Message, count: number, random: Random): number {
  if (count === 1) return 0
  const { partitionId } = message
  if (partitionId >= 0) return partitionId % count
  if (partitionId === -1) return magnitudeModulo(message.hashIdHigh, message.hashIdLow, count)
  return Math.floor(random() * count)
}

/** |x| mod count of a 64-bit x given as two words. Exact for a count below 2^26. */
export function magnitudeModulo(high: number, low: number, count: number): number {
  let upper = high >>> 0
  let lower = low >>> 0
  if (high < 0) {
    lower = ~lower + 1
    upper = (lower === 0 ? ~upper + 1 : ~upper) >>> 0
    lower >>>= 0
  }
  return ((upper % count) * (TWO_POW_32 % count) + (lower % count)) % count
}
