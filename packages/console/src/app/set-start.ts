import type { LogAdmin } from '@ddmq/storage'
import type { StartFrom } from '../core/model.ts'

/** Positions of partitions where the group never committed; what it has consumed before is not consumed again. */
export async function setStart(
  admin: LogAdmin,
  group: string,
  topic: string,
  from: StartFrom,
): Promise<void> {
  const committed = new Set((await admin.committed(group, topic)).map(offset => offset.partition))
  const offsets = (await admin.offsets(topic, from)).filter(at => !committed.has(at.partition))
  if (offsets.length === 0) return
  await admin.setCommitted(
    group,
    offsets.map(at => ({ ...at, metadata: '' })),
  )
}
