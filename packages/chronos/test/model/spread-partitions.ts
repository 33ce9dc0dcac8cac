import type { TopicPartition } from '@ddmq/storage'

interface Candidate {
  readonly topics: ReadonlySet<string>
  readonly held: ReadonlyMap<string, unknown>
  prefers(): ReadonlySet<string>
}

export function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`
}

/**
 * Each partition to one member that wants it: to its holder, else to one that prefers it, else to any, as far as nobody gets
 * more than its share; then from whoever has two more than another.
 */
export function spread<Member extends Candidate>(
  members: readonly Member[],
  partitions: readonly TopicPartition[],
): ReadonlyMap<Member, ReadonlySet<string>> {
  const shares = members.map(member => ({ member, prefers: member.prefers(), names: new Set<string>() }))
  type Share = (typeof shares)[number]
  const lightest = (candidates: readonly Share[]): Share | undefined =>
    candidates.toSorted((a, b) => a.names.size - b.names.size)[0]
  const wanting = (topic: string): Share[] => shares.filter(({ member }) => member.topics.has(topic))
  const fair = Math.ceil(partitions.length / Math.max(1, members.length))
  const rest: TopicPartition[] = []
  for (const at of partitions) {
    const holder = wanting(at.topic).find(({ member }) => member.held.has(nameOf(at)))
    if (holder === undefined) rest.push(at)
    else holder.names.add(nameOf(at))
  }
  for (const at of rest) {
    const candidates = wanting(at.topic)
    const preferring = candidates.filter(({ prefers, names }) => prefers.has(nameOf(at)) && names.size < fair)
    const chosen = lightest(preferring) ?? lightest(candidates)
    chosen?.names.add(nameOf(at))
  }
  const moveOne = (): boolean => {
    for (const at of partitions) {
      const from = shares.find(({ names }) => names.has(nameOf(at)))
      const to = lightest(wanting(at.topic))
      if (from === undefined || to === undefined || from.names.size < to.names.size + 2) continue
      from.names.delete(nameOf(at))
      to.names.add(nameOf(at))
      return true
    }
    return false
  }
  while (moveOne());
  return new Map(shares.map(({ member, names }) => [member, names]))
}
