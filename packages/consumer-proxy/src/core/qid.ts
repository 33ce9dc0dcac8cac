import type { PartitionId } from '@ddmq/storage'

/** Queue id as clients see it: `<cluster>_<partition>` (consumer-proxy.md §4, [WIRE]). */
export function qidOf(clusterName: string, partition: PartitionId): string {
  return `${clusterName}_${partition}`
}
