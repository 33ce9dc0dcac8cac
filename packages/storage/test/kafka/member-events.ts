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
  const found: string[] = []
  for (const [partition, own] of Map.groupBy(events, event => event.partition)) {
    let holder: MemberEvent | undefined
    for (const event of own.toSorted((a, b) => a.atMs - b.atMs)) {
      if (event.what === 'assigned') {
        if (holder !== undefined && !isStill(holder, event.atMs, still)) {
          found.push(`${partition}: ${event.member} got it while ${holder.member} had it`)
        }
        holder = event
      } else if ((event.what === 'released' || event.what === 'lost') && holder?.member === event.member) {
        holder = undefined
      }
    }
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
