import { lastRound, parseDelayId, roundOf } from '@ddmq/common/delay'
import type { LogRecord } from '@ddmq/storage'
import {
  cancelledUntilMs,
  cancelName,
  type MessageName,
  parseMessageName,
  parseTableKey,
  progressOf,
  RETRY_WINDOW_MS,
} from '@ddmq/storage/delay'

/** A pending round, in what can be compared. */
export interface ExpectedRound {
  readonly name: MessageName
  readonly round: number
  readonly dueMs: number
  readonly addedMs: number
  readonly body: string
}

/** What the latest record of each key says (SPEC.md I1); tombstones and records that cannot be read are absent. */
export class TableModel {
  readonly #latest = new Map<string, LogRecord>()

  take(record: LogRecord): void {
    const key = parseTableKey(record.key)
    if (key === undefined || key.kind === 'barrier') return
    if (record.value === null || !isReadable(record)) this.#latest.delete(textOf(record.key))
    else this.#latest.set(textOf(record.key), record)
  }

  has(key: string): boolean {
    return this.#latest.has(key)
  }

  /** In the order of time; cancelled rounds too. */
  pending(): readonly ExpectedRound[] {
    const names = [...this.#latest.keys()].filter(key => /^[ms]/.test(key)).map(key => key.slice(2))
    return [...new Set(names)].flatMap(name => this.#roundOf(name) ?? []).toSorted(byTime)
  }

  /** The lowest cancelled round of each of these messages that has one. */
  cancelled(names: readonly MessageName[]): ReadonlyMap<MessageName, number> {
    const lowest = new Map<MessageName, number>()
    for (const name of names)
      for (const cancel of this.#cancels())
        if (cancel.name === cancelName(name))
          lowest.set(name, Math.min(cancel.round, lowest.get(name) ?? cancel.round))
    return lowest
  }

  litter(nowMs: number): readonly string[] {
    const earliestMs = Math.min(...this.pending().map(({ dueMs }) => dueMs))
    return [...this.#latest].flatMap(([key, record]) => {
      const name = key.slice(2)
      if (key.startsWith('m')) return this.has(`s/${name}`) ? [key] : []
      if (key.startsWith('s')) {
        const isOld = record.timestampMs < nowMs - RETRY_WINDOW_MS && !this.has(`m/${name}`)
        return progressOf(record.value ?? Buffer.alloc(0), record.headers)?.kind === 'fired' && isOld
          ? [key]
          : []
      }
      const untilMs = cancelledUntilMs(record.value ?? Buffer.alloc(0)) ?? 0
      return untilMs < Math.min(nowMs, earliestMs) ? [key] : []
    })
  }

  counts(): { readonly cancels: number; readonly fired: number } {
    const fired = [...this.#latest.values()].filter(
      ({ key, value, headers }) =>
        textOf(key).startsWith('s') && progressOf(value ?? Buffer.alloc(0), headers)?.kind === 'fired',
    )
    return { cancels: this.#cancels().length, fired: fired.length }
  }

  #roundOf(name: MessageName): ExpectedRound | undefined {
    const progress = this.#latest.get(`s/${name}`)
    if (progress === undefined) return this.#firstRound(name)
    const next = progressOf(progress.value ?? Buffer.alloc(0), progress.headers)
    if (next?.kind !== 'next') return undefined
    const { round, addedMs, content } = next
    return { name, round, dueMs: dueOf(name, round), addedMs, body: textOf(content.body) }
  }

  #firstRound(name: MessageName): ExpectedRound | undefined {
    const add = this.#latest.get(`m/${name}`)
    if (add === undefined) return undefined
    return { name, round: 0, dueMs: dueOf(name, 0), addedMs: add.timestampMs, body: textOf(add.value) }
  }

  #cancels(): readonly { readonly name: MessageName; readonly round: number }[] {
    return [...this.#latest.values()].flatMap(({ key }) => {
      const parsed = parseTableKey(key)
      return parsed?.kind === 'cancel' ? [parsed] : []
    })
  }
}

export function byTime(one: ExpectedRound, other: ExpectedRound): number {
  return one.dueMs - other.dueMs || (one.name < other.name ? -1 : Number(one.name > other.name))
}

export function textOf(bytes: Uint8Array | null): string {
  return Buffer.from(bytes ?? []).toString('latin1')
}

function isReadable({ key, value, headers }: LogRecord): boolean {
  const parsed = parseTableKey(key)
  if (parsed === undefined || parsed.kind === 'barrier' || value === null) return false
  if (parsed.kind === 'cancel') return cancelledUntilMs(value) !== undefined
  if (parsed.kind === 'message') return true
  const progress = progressOf(value, headers)
  const first = parseDelayId(parseMessageName(parsed.name).id)
  if (progress === undefined || typeof first === 'string') return false
  return progress.kind === 'fired' || (progress.round >= 1 && progress.round <= lastRound(first))
}

function dueOf(name: MessageName, round: number): number {
  const { id, milliseconds } = parseMessageName(name)
  const first = parseDelayId(id)
  if (typeof first === 'string') throw new Error(`not an id: ${id}`)
  return roundOf(first, round).timestamp * 1000 + milliseconds
}
