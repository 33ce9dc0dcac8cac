import type { LogCluster } from '@ddmq/storage'

/** The values of every partition, from the beginning to the end as it is now. */
export async function readTexts(
  cluster: LogCluster,
  topic: string,
  partitions: number,
): Promise<readonly (readonly string[])[]> {
  const all = Array.from({ length: partitions }, (_, partition) =>
    readPartition(cluster, topic, `${partition}`),
  )
  return Promise.all(all)
}

async function readPartition(
  cluster: LogCluster,
  topic: string,
  partition: string,
): Promise<readonly string[]> {
  const { startOffset, endOffset } = await cluster.identity(topic, partition)
  const texts: string[] = []
  for (let offset = startOffset; offset < endOffset; ) {
    const limits = { maxBytes: 10_000_000, maxWaitMs: 100 }
    const [result] = await cluster.read([{ topic, partition, offset }], limits, { deadlineMs: 15_000 })
    if (result === undefined) break
    if (result.error !== undefined) throw result.error
    for (const { value } of result.records) texts.push(Buffer.from(value ?? '').toString())
    offset = result.nextOffset
  }
  return texts
}
