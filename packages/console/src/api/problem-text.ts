import type { z } from 'zod'

const TYPES: Readonly<Record<string, string>> = {
  array: 'a list',
  boolean: 'true or false',
  int: 'a whole number',
  number: 'a number',
  object: 'an object',
  record: 'an object',
  string: 'a text',
}

const PARTS: Readonly<Record<string, string>> = { array: 'entries', string: 'characters' }

/**
 * What is wrong with a value, in the words of our own rules instead of the schema library's. A schema that says it
 * better itself (`error`) goes first. Bounds are inclusive everywhere.
 */
export const problemText: z.core.$ZodErrorMap = issue => {
  if (issue.input === undefined) return 'is required'
  if (issue.code === 'invalid_type') return `must be ${TYPES[issue.expected] ?? issue.expected}`
  if (issue.code === 'invalid_value') return `must be one of ${issue.values.map(String).join(', ')}`
  if (issue.code === 'unrecognized_keys') return `has no member ${issue.keys.join(', ')}`
  if (issue.code === 'too_small') return bound(issue.origin, `at least ${issue.minimum}`)
  if (issue.code === 'too_big') return bound(issue.origin, `at most ${issue.maximum}`)
  return 'is not valid'
}

/** A number is bounded itself, a list or a text by what it consists of. */
function bound(origin: string, limit: string): string {
  const parts = PARTS[origin]
  return parts === undefined ? `must be ${limit}` : `must have ${limit} ${parts}`
}
