/** One partition to be given out, by a name unique in its group. */
export type PartitionName = string

export interface Candidate {
  readonly memberId: string
  /** What the member may be given. */
  readonly wants: ReadonlySet<PartitionName>
  /** What it holds now. */
  readonly holds: ReadonlySet<PartitionName>
}

/**
 * Spreads partitions over members.
 *
 * G1 Every partition that some member wants goes to exactly one that wants it.
 * G2 Where all members want the same, their numbers of partitions differ by at most one.
 * G3 A member keeps what it holds as long as G2 allows.
 */
export function assign(
  members: readonly Candidate[],
  partitions: readonly PartitionName[],
): ReadonlyMap<string, ReadonlySet<PartitionName>> {
  const given = new Map<string, Set<PartitionName>>(members.map(({ memberId }) => [memberId, new Set()]))
  for (const name of partitions) keep(members, given, name)
  for (const name of partitions) {
    if (!members.some(({ memberId }) => given.get(memberId)?.has(name))) give(members, given, name)
  }
  balance(members, given)
  return given
}

type Given = Map<string, Set<PartitionName>>

function keep(members: readonly Candidate[], given: Given, name: PartitionName): void {
  const holder = members.find(member => member.holds.has(name) && member.wants.has(name))
  if (holder !== undefined) given.get(holder.memberId)?.add(name)
}

function give(members: readonly Candidate[], given: Given, name: PartitionName): void {
  const poorest = lightest(
    members.filter(member => member.wants.has(name)),
    given,
  )
  if (poorest !== undefined) given.get(poorest.memberId)?.add(name)
}

/** Moves one partition at a time from a member to one that wants it and has at least two fewer; each move lowers the sum of squares, so it ends. */
function balance(members: readonly Candidate[], given: Given): void {
  for (let moved = true; moved; ) {
    moved = members.some(from => moveOne(members, given, from))
  }
}

function moveOne(members: readonly Candidate[], given: Given, from: Candidate): boolean {
  const mine = given.get(from.memberId)
  if (mine === undefined) return false
  for (const name of [...mine].toReversed()) {
    const to = lightest(
      members.filter(member => member.wants.has(name)),
      given,
    )
    const theirs = to === undefined ? undefined : given.get(to.memberId)
    if (theirs !== undefined && theirs.size + 2 <= mine.size) {
      mine.delete(name)
      theirs.add(name)
      return true
    }
  }
  return false
}

function lightest(members: readonly Candidate[], given: Given): Candidate | undefined {
  let best: Candidate | undefined
  let bestCount = Number.POSITIVE_INFINITY
  for (const member of members) {
    const count = given.get(member.memberId)?.size ?? 0
    if (count < bestCount) {
      best = member
      bestCount = count
    }
  }
  return best
}
