/** What a member that consumes has to tell. */
export interface MemberEvent {
  readonly atMs: number
  readonly member: string
  readonly what: 'assigned' | 'released' | 'lost' | 'consumed' | 'refused'
  readonly partition: string
  readonly offset?: number
  readonly value?: string
}

/** From when and until when a process could do nothing, because it was killed or frozen. */
export type Stillness = Readonly<Record<string, { readonly fromMs: number; readonly untilMs?: number }>>

/** Times at which a partition was in the hands of two members. A member that is still holds nothing. */
export function overlaps(events: readonly MemberEvent[], still: Stillness = {}): readonly string[] {
  const byPartition = Map.groupBy(events, event => event.partition)
  return [...byPartition.values()].flatMap(own =>
    overlapsOf(
      own.toSorted((a, b) => a.atMs - b.atMs),
      still,
    ),
  )
}

function overlapsOf(events: readonly MemberEvent[], still: Stillness): readonly string[] {
  const found: string[] = []
  let holder: MemberEvent | undefined
  for (const event of events) {
    const { what, member, partition, atMs } = event
    if (what === 'assigned') {
      const isFree = holder === undefined || isStill(holder, atMs, still)
      if (!isFree) found.push(`${partition}: ${member} got it while ${holder?.member} had it`)
      holder = event
    } else if ((what === 'released' || what === 'lost') && holder?.member === member) holder = undefined
  }
  return found
}

function isStill({ member }: MemberEvent, atMs: number, still: Stillness): boolean {
  const { fromMs = Number.POSITIVE_INFINITY, untilMs = Number.POSITIVE_INFINITY } = still[member] ?? {}
  return fromMs <= atMs && atMs <= untilMs
}

export interface Consumption {
  readonly lost: readonly string[]
  readonly duplicates: number
  /** Per partition, the first consumption of each value is in the order of the log. */
  readonly isInOrder: boolean
}

/** Compares what was consumed with what was acknowledged, `value → partition`. */
export function compare(events: readonly MemberEvent[], acknowledged: ReadonlySet<string>): Consumption {
  const consumed = events.filter(({ what }) => what === 'consumed').toSorted((a, b) => a.atMs - b.atMs)
  const seen = new Set<string>()
  const last = new Map<string, number>()
  let duplicates = 0
  let isInOrder = true
  for (const { value = '', partition, offset = -1 } of consumed) {
    if (seen.has(value)) {
      duplicates++
      continue
    }
    seen.add(value)
    if ((last.get(partition) ?? -1) >= offset) isInOrder = false
    last.set(partition, offset)
  }
  return { lost: [...acknowledged].filter(value => !seen.has(value)), duplicates, isInOrder }
}
