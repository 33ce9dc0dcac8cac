import type { Request } from 'express'
import { z } from 'zod'
import { refuse } from '../core/problem.ts'
import { problemText } from './problem-text.ts'

/** Parses what a caller sent; refuses with every field and its reason (the original said only `bind error`). */
export function parse<Value>(schema: z.ZodType<Value>, input: unknown): Value {
  const result = schema.safeParse(input, { error: problemText })
  if (result.success) return result.data
  const problems = result.error.issues.map(issue => ({
    field: fieldName(issue.path),
    message: issue.message,
  }))
  refuse(problems)
  throw new TypeError('a failed parse has at least one issue')
}

function fieldName(path: readonly PropertyKey[]): string {
  const text = path
    .map(part => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '')
  return text === '' ? 'body' : text
}

/** Query and form parameters together: trimmed, blank ones absent (console.md §2.1). */
export function paramsOf(request: Request): Readonly<Record<string, string>> {
  const form: unknown = isForm(request) ? request.body : {}
  const sources = [form, request.query].filter(source => typeof source === 'object' && source !== null)
  const pairs = sources
    .flatMap(source => Object.entries(source))
    .map(([name, value]) => [name, textOf(value).trim()] as const)
  return Object.fromEntries(pairs.filter(([, value]) => value !== ''))
}

/** The last value of a parameter that was given several times. */
function textOf(value: unknown): string {
  const last: unknown = Array.isArray(value) ? value.at(-1) : value
  return typeof last === 'string' ? last : ''
}

function isForm(request: Request): boolean {
  return request.is('application/x-www-form-urlencoded') !== false
}

/** A whole number, also as text (console.md §2.1). */
export const wholeNumber = z.union(
  [
    z.int(),
    z
      .string()
      .trim()
      .regex(/^-?\d{1,15}$/)
      .transform(Number),
  ],
  { error: issue => (issue.input === undefined ? 'is required' : 'must be a whole number') },
)

export function numberIn(least: number, most = Number.MAX_SAFE_INTEGER) {
  const range = most === Number.MAX_SAFE_INTEGER ? `at least ${least}` : `${least} to ${most}`
  return wholeNumber.refine(value => value >= least && value <= most, { error: `must be ${range}` })
}

/** A text that is neither absent nor blank. */
export const filled = z
  .string({ error: issue => (issue.input === undefined ? 'must not be blank' : undefined) })
  .trim()
  .min(1, { error: 'must not be blank' })

/** An object whose null members count as absent, as the original's readers have it. */
export function lenientObject<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.preprocess(withoutNulls, z.object(shape))
}

function withoutNulls(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== null))
}
