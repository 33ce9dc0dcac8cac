import { z } from 'zod'

const MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const
const BYTES = {
  B: 1,
  kB: 1_000,
  MB: 1_000_000,
  GB: 1_000_000_000,
  KiB: 1_024,
  MiB: 1_048_576,
  GiB: 1_073_741_824,
} as const

/** A duration in milliseconds: a number, or text such as `250ms`, `10s`, `1.5m`, `2h`, `7d`. Whole and not negative. */
export function durationMs() {
  return quantity(MS, 'a duration in ms or with a unit, such as 250ms, 10s, 5m, 2h, 7d')
}

/** A size in bytes: a number, or text such as `512KiB`, `64MiB`, `1GB`. Whole and not negative. */
export function bytes() {
  return quantity(BYTES, 'a size in bytes or with a unit, such as 512KiB, 64MiB, 1GB')
}

function quantity(units: Readonly<Record<string, number>>, expected: string) {
  return z.union([z.number(), z.string()], { error: `expected ${expected}` }).transform((input, context) => {
    const value = typeof input === 'number' ? input : parseQuantity(input, units)
    if (value !== undefined && Number.isSafeInteger(value) && value >= 0) return value
    context.addIssue({ code: 'custom', message: `expected ${expected}` })
    return z.NEVER
  })
}

function parseQuantity(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([a-zA-Z]*)$/.exec(text.trim())
  const [, amount = '', unit = ''] = match ?? []
  const factor = unit === '' ? 1 : units[unit]
  return match === null || factor === undefined ? undefined : Math.round(Number(amount) * factor)
}
