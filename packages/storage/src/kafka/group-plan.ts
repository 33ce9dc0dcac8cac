/**
 * Who is to have which partition: decided by one member of a Kafka group, the leader, in every generation.
 *
 * M1 A partition that its owner has not let go of is given to nobody else: the owner sees that it is to give it up,
 *    drains it, and joins again without it. Only then, in a later generation, does another member get it.
 * M2 Where each owner lets go, the following plans end with every wanted partition given out, evenly (G1–G3, G6).
 * M3 A claimed partition goes to its claimer and nobody else as long as the claim stands.
 */
import { assign, type PartitionName } from '../assignment.ts'

/** What a member says of itself when it joins. */
export interface Subscription {
  readonly memberId: string
  readonly topics: readonly string[]
  /** Partitions that it wants for itself, whoever has them; it wants no others then. */
  readonly claims: readonly PartitionName[]
  readonly owned: readonly PartitionName[]
  /** Partitions that it would serve at once. */
  readonly prefers: readonly PartitionName[]
  /** Of the group, when it got what it owns. */
  readonly generation: number
}

export type GroupPlan = ReadonlyMap<string, readonly PartitionName[]>

/** `counts` says how many partitions each topic has; a topic that is missing there has none. */
export function planGroup(members: readonly Subscription[], counts: ReadonlyMap<string, number>): GroupPlan {
  const ranked = members.toSorted((a, b) => b.generation - a.generation || compare(a.memberId, b.memberId))
  const owners = firstOf(ranked, member => member.owned)
  const claimers = firstOf(ranked, member => member.claims.filter(name => exists(name, counts)))
  const target = new Map([
    ...claimersOf(members, claimers),
    ...sharesOf(members, { counts, owners, claimers }),
  ])
  const free = (name: PartitionName, memberId: string): boolean => (owners.get(name) ?? memberId) === memberId
  return new Map(
    [...target].map(([memberId, names]) => [memberId, names.filter(name => free(name, memberId))]),
  )
}

/** All partitions of these topics, by topic and number. */
export function partitionsOf(
  topics: Iterable<string>,
  counts: ReadonlyMap<string, number>,
): readonly PartitionName[] {
  return [...new Set(topics)]
    .toSorted(compare)
    .flatMap(topic =>
      Array.from({ length: counts.get(topic) ?? 0 }, (_, partition) => nameOf(topic, partition)),
    )
}

export function nameOf(topic: string, partition: number | string): PartitionName {
  return `${topic}/${partition}`
}

/** A topic's name has no slash. */
export function parseName(name: PartitionName): { readonly topic: string; readonly partition: string } {
  const slash = name.indexOf('/')
  return { topic: name.slice(0, slash), partition: name.slice(slash + 1) }
}

interface Claimed {
  readonly counts: ReadonlyMap<string, number>
  readonly owners: ReadonlyMap<PartitionName, string>
  readonly claimers: ReadonlyMap<PartitionName, string>
}

function claimersOf(
  members: readonly Subscription[],
  claimers: ReadonlyMap<PartitionName, string>,
): readonly (readonly [string, PartitionName[]])[] {
  return members
    .filter(isClaimer)
    .map(({ memberId, claims }) => [memberId, claims.filter(name => claimers.get(name) === memberId)])
}

function sharesOf(
  members: readonly Subscription[],
  { counts, owners, claimers }: Claimed,
): readonly (readonly [string, PartitionName[]])[] {
  const others = members.filter(member => !isClaimer(member))
  const unclaimed = (topics: Iterable<string>): readonly PartitionName[] =>
    partitionsOf(topics, counts).filter(name => !claimers.has(name))
  const shares = assign(
    others.map(({ memberId, topics, owned, prefers }) => ({
      memberId,
      wants: new Set(unclaimed(topics)),
      holds: new Set(owned.filter(name => owners.get(name) === memberId)),
      prefers: new Set(prefers),
    })),
    unclaimed(others.flatMap(({ topics }) => topics)),
  )
  return [...shares].map(([memberId, names]) => [memberId, [...names]])
}

function isClaimer({ claims }: Subscription): boolean {
  return claims.length > 0
}

function exists(name: PartitionName, counts: ReadonlyMap<string, number>): boolean {
  const { topic, partition } = parseName(name)
  return Number(partition) < (counts.get(topic) ?? 0)
}

function firstOf(
  members: readonly Subscription[],
  names: (member: Subscription) => readonly PartitionName[],
): ReadonlyMap<PartitionName, string> {
  const first = new Map<PartitionName, string>()
  for (const member of members) {
    for (const name of names(member)) if (!first.has(name)) first.set(name, member.memberId)
  }
  return first
}

function compare(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
