import { ACTIONS, type ActionName } from '@ddmq/common/registry'
import { z } from 'zod'

/** JSON columns as the original writes them. A text that does not fit counts as empty: one bad row stops nothing else. */
export function readTexts(column: string): readonly string[] {
  return readJson(column, z.array(z.string()), [])
}

export function readNumbers(column: string): readonly number[] {
  return readJson(column, z.array(z.number()), [])
}

export function readTextMap(column: string): Readonly<Record<string, string>> {
  return readJson(column, z.record(z.string(), z.string()), {})
}

export function readNumberMap(column: string): Readonly<Record<string, number>> {
  return readJson(column, z.record(z.string(), z.number()), {})
}

export function readObject(column: string): Readonly<Record<string, unknown>> {
  return readJson(column, z.record(z.string(), z.unknown()), {})
}

export function readActions(column: string): readonly ActionName[] {
  return readJson(column, z.array(z.enum(ACTIONS)), [])
}

export function readJson<Value>(column: string, schema: z.ZodType<Value>, absent: Value): Value {
  if (column === '') return absent
  try {
    return schema.parse(JSON.parse(column))
  } catch {
    return absent
  }
}

/** Most of the original's switches count 0 as yes (console.md §4). */
export function yesIsZero(yes: boolean): number {
  return yes ? 0 : 1
}

/** `yyyy-MM-dd HH:mm:ss` in UTC, which several consoles have in common. */
export function dateTime(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19).replace('T', ' ')
}
