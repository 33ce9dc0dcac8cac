/** Messages of a topic that are to be delivered. */
interface TopicPending {
  readonly topic: string
  readonly pending: number
  readonly bytes: number
  /** Why its due rounds wait; null while they do not. */
  readonly asideReason: string | null
}

/** What an instance of the delay service knows of one shard of a broker cluster's table, as its owner or beside it. */
export interface ShardReport extends Shard {
  readonly role: 'owner' | 'standby'
  readonly pending: number
  readonly bytes: number
  /** Records of the table that are still to be read. */
  readonly lag: number
  readonly oldestDueMs: number | null
  readonly cancels: number
  readonly fired: number
  readonly topics: readonly TopicPending[]
  /** How many are due in each step from `fromMs` on; where it is cut, only the earliest are counted. */
  readonly histogram: {
    readonly fromMs: number
    readonly stepMs: number
    readonly counts: readonly number[]
    readonly isCut: boolean
  }
}

export interface InstanceStats {
  readonly instance: string
  readonly shards: readonly ShardReport[]
}

/** One partition of a table. Delay services of other prefixes have tables of their own in the same broker cluster. */
export interface Shard {
  readonly cluster: string
  /** Name of its topic. */
  readonly table: string
  readonly shard: string
}

interface OwnedShard extends Omit<ShardReport, 'role'> {
  /** Name of the instance. */
  readonly owner: string
  readonly standbys: readonly { readonly instance: string; readonly lag: number }[]
}

interface TopicSum {
  readonly topic: string
  readonly pending: number
  readonly bytes: number
  readonly asideReasons: readonly string[]
}

export interface MergedStats {
  readonly shards: readonly OwnedShard[]
  readonly topics: readonly TopicSum[]
  /** Shards that are not counted, or whose figures are in doubt. */
  readonly problems: readonly string[]
}

/**
 * All instances together: each shard counts once, with the figures of its owner. An owner that was replaced may believe for
 * a moment that it still is one; then the one that has read furthest counts.
 *
 * @param expected the shards there are; one of them that nobody owns is a problem
 */
export function mergeStats(instances: readonly InstanceStats[], expected: readonly Shard[]): MergedStats {
  const reports = instances.flatMap(({ instance, shards }) => shards.map(report => ({ instance, ...report })))
  const shards: OwnedShard[] = []
  const problems: string[] = []
  const byShard = Map.groupBy(reports, nameOf)
  const names = new Set([...expected.map(nameOf), ...byShard.keys()])
  for (const name of [...names].toSorted(inNumericOrder)) {
    const held = byShard.get(name) ?? []
    const [owner, ...others] = held.filter(({ role }) => role === 'owner').toSorted((a, b) => a.lag - b.lag)
    if (owner === undefined) {
      problems.push(`shard ${name} has no owner among the instances that answered`)
      continue
    }
    if (others.length > 0) {
      problems.push(
        `shard ${name} has several owners: ${[owner, ...others].map(at => at.instance).join(', ')}`,
      )
    }
    const { instance, role: _, ...figures } = owner
    const standbys = held.filter(({ role }) => role === 'standby')
    shards.push({
      ...figures,
      owner: instance,
      standbys: standbys.map(at => ({ instance: at.instance, lag: at.lag })),
    })
  }
  return { shards, topics: topicSums(shards), problems }
}

function topicSums(shards: readonly OwnedShard[]): readonly TopicSum[] {
  const byTopic = Map.groupBy(
    shards.flatMap(({ topics }) => topics),
    ({ topic }) => topic,
  )
  return [...byTopic.entries()]
    .map(([topic, parts]) => ({
      topic,
      pending: parts.reduce((sum, part) => sum + part.pending, 0),
      bytes: parts.reduce((sum, part) => sum + part.bytes, 0),
      asideReasons: [...new Set(parts.flatMap(({ asideReason }) => asideReason ?? []))],
    }))
    .toSorted((a, b) => (a.topic < b.topic ? -1 : 1))
}

function nameOf({ cluster, table, shard }: Shard): string {
  return `${cluster}/${table}/${shard}`
}

function inNumericOrder(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true })
}
