import { heedPreferences, type Share } from './assignment-preferences.ts'

/** One partition to be given out, by a name unique in its group. */
export type PartitionName = string

export interface Candidate {
  readonly memberId: string
  /** What the member may be given. */
  readonly wants: ReadonlySet<PartitionName>
  /** What it holds now. */
  readonly holds: ReadonlySet<PartitionName>
  /** What it would serve at once. */
  readonly prefers?: ReadonlySet<PartitionName>
}

/**
 * Spreads partitions over members.
 *
 * G1 Every partition that some member wants goes to exactly one that wants it.
 * G2 Where all members want the same, their numbers of partitions differ by at most one.
 * G3 A member keeps what it holds as long as G2 allows.
 *
 * Then preferences are heeded (G6 in `assignment-preferences.ts`).
 */
export function assign(
  members: readonly Candidate[],
  partitions: readonly PartitionName[],
): ReadonlyMap<string, ReadonlySet<PartitionName>> {
  const shares: Share[] = members.map(member => ({ member, names: [] }))
  const rest = partitions.filter(name => {
    const holder = shares.find(({ member }) => member.holds.has(name) && member.wants.has(name))
    holder?.names.push(name)
    return holder === undefined
  })
  for (const name of rest) lightest(shares, name)?.names.push(name)
  balance(shares)
  heedPreferences(shares)
  return new Map(shares.map(({ member, names }) => [member.memberId, new Set(names)]))
}

/**
 * Moves one partition at a time to a member that wants it and has at least two fewer; each move lowers the sum of squares,
 * so it ends. A share begins with what is held already. Always from whoever has most: a member with no more than its share then never gives (G3).
 */
function balance(shares: Share[]): void {
  for (let moved = true; moved; ) {
    shares.sort((a, b) => b.names.length - a.names.length)
    moved = shares.some(from => moveOne(shares, from))
  }
}

/** What was given last goes first: it is not held yet, so moving it costs nobody anything. */
function moveOne(shares: readonly Share[], from: Share): boolean {
  for (let index = from.names.length - 1; index >= 0; index--) {
    const name = from.names[index]
    if (name === undefined) continue
    const to = lightest(shares, name)
    if (to !== undefined && to.names.length + 2 <= from.names.length) {
      from.names.splice(index, 1)
      to.names.push(name)
      return true
    }
  }
  return false
}

/** Who has least among those that want the partition. */
function lightest(shares: readonly Share[], name: PartitionName): Share | undefined {
  let best: Share | undefined
  for (const share of shares) {
    const isLighter = best === undefined || share.names.length < best.names.length
    if (isLighter && share.member.wants.has(name)) best = share
  }
  return best
}
