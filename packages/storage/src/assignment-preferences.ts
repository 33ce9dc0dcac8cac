import type { Candidate, PartitionName } from './assignment.ts'

/** What a member is to get. */
export interface Share {
  readonly member: Candidate
  readonly names: PartitionName[]
}

/**
 * G6 A partition goes from whoever is to get it to a member that prefers it, as long as nobody keeps less of what it holds
 *    and the numbers stay as even as they are: instead of another partition that this member neither holds nor prefers, or
 *    besides what it gets where it gets less.
 *
 * Each step gives one partition more to a member that prefers it, so it ends.
 */
export function heedPreferences(shares: readonly Share[]): void {
  if (shares.every(({ member }) => (member.prefers?.size ?? 0) === 0)) return
  const places = new Map(shares.flatMap(share => share.names.map(name => [name, share] as const)))
  const wishes = shares.flatMap(to => [...(to.member.prefers ?? [])].map(name => ({ to, name })))
  for (let changed = true; changed; ) {
    changed = false
    for (const { to, name } of wishes) {
      const from = places.get(name)
      if (from === undefined || from === to || !take(to, from, name)) continue
      for (const own of to.names) places.set(own, to)
      for (const own of from.names) places.set(own, from)
      changed = true
    }
  }
}

/** Answers whether the partition changed hands. */
function take(to: Share, from: Share, name: PartitionName): boolean {
  const isHeld = from.member.holds.has(name)
  if (!to.member.wants.has(name) || (!isHeld && from.member.prefers?.has(name))) return false
  const instead = to.names.find(
    other =>
      !to.member.holds.has(other) &&
      !to.member.prefers?.has(other) &&
      from.member.wants.has(other) &&
      (!isHeld || from.member.holds.has(other)),
  )
  if (instead !== undefined) {
    to.names[to.names.indexOf(instead)] = name
    from.names[from.names.indexOf(name)] = instead
    return true
  }
  if (isHeld || to.names.length >= from.names.length) return false
  from.names.splice(from.names.indexOf(name), 1)
  to.names.push(name)
  return true
}
