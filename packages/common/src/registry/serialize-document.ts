import type { DocumentKind, Documents } from './registry.ts'

/** Which members are doubles in the original's classes and therefore always carry a fraction. */
interface Doubles {
  readonly [member: string]: 'double' | Doubles
}
const DOUBLES: Readonly<Record<DocumentKind, Doubles>> = {
  topic: {},
  group: { topics: { maxTps: 'double', totalMaxTps: 'double', httpMaxTps: 'double' } },
  pproxy: { carreraConfiguration: { tpsWarningRatio: 'double' } },
  cproxy: {},
  broker: {},
}

/**
 * The one way documents are written (common-monitor-deploy.md §3, [WIRE]): compact, keys in alphabetical order at every
 * level, absent members omitted, doubles as `128.0`, lists in their order. A document of the original console, read and
 * written again unchanged, gives the same bytes.
 */
export function serializeDocument<Kind extends DocumentKind>(kind: Kind, document: Documents[Kind]): string {
  return written(document, DOUBLES[kind])
}

function written(value: unknown, doubles: Doubles | 'double' | undefined): string {
  if (typeof value === 'number') return doubles === 'double' ? javaDouble(value) : String(value)
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(item => written(item, doubles)).join(',')}]`
  const below = typeof doubles === 'object' ? doubles : undefined
  const members = Object.entries(value)
    .filter(([key, member]) => member !== undefined && member !== null && !isUnsetToken(key, member))
    // By UTF-16 code unit, as the original sorts.
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${written(member, below?.[key])}`)
  return `{${members.join(',')}}`
}

/** Readers default an absent `tokenKey` to the empty text, and the original console writes none (console.md §9.2.2). */
function isUnsetToken(key: string, member: unknown): boolean {
  return key === 'tokenKey' && member === ''
}

/** Plain notation from 10⁻³ up to 10⁷, `1.0E7` outside. */
function javaDouble(value: number): string {
  const size = Math.abs(value)
  if (size === 0 || (size >= 1e-3 && size < 1e7)) return withFraction(String(value))
  const [mantissa = '', exponent = ''] = value.toExponential().split('e')
  return `${withFraction(mantissa)}E${exponent.replace('+', '')}`
}

function withFraction(digits: string): string {
  return digits.includes('.') ? digits : `${digits}.0`
}
