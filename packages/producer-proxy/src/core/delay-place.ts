/** Hot path: where a delay message is kept. */
import { javaStringHash } from '@ddmq/common/delay'

const TWO_POW_32 = 0x1_0000_0000

/**
 * Index of the cluster, of a topic's clusters in name order. From the upper end of the hash, as the partition comes from its
 * lower end: from the same end, two clusters of four partitions would use two partitions each.
 */
export function delayClusterIndex(uuid: string, clusters: number): number {
  return Math.floor((unsignedHash(uuid) / TWO_POW_32) * clusters)
}

/** Partition of the table, which is the `seq` of the id: never negative (D-07). */
export function delaySeq(uuid: string, partitions: number): number {
  return unsignedHash(uuid) % partitions
}

function unsignedHash(uuid: string): number {
  return javaStringHash(uuid) >>> 0
}
