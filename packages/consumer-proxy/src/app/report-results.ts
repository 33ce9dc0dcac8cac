import type { ConsumeResult } from '@ddmq/common/idl'
import type { ConsumerGroup } from './consumer-group.ts'
import type { ConsumerGroups } from './consumer-groups.ts'

/**
 * Applies every element of a result chain to its own group (consumer-proxy.md §5.2); unknown groups, topics, queues and
 * offsets are passed over. Resolves when what was acknowledged is stored where that is promised (architecture §9);
 * rejects CommitFailedError otherwise, and may then be called again with the same chain.
 */
export async function reportResults(groups: ConsumerGroups, chain: ConsumeResult): Promise<void> {
  const touched = new Set<ConsumerGroup>()
  for (let result: ConsumeResult | undefined = chain; result !== undefined; result = result.nextResult) {
    const group = groups.get(result.context?.groupId ?? '')
    if (group === undefined) continue
    group.report(result)
    touched.add(group)
  }
  await Promise.all([...touched].map(group => group.commitReported()))
}
