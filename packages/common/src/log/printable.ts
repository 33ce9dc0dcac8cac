import { isSecretKey, redactText } from '../config/redact.ts'

/** Deeper than any field of ours; stops at cycles too. */
const MAX_DEPTH = 8
export const REDACTED = '[redacted]'
/** Members that hold messages. What a customer sends is never written to a log. */
const BODY_KEYS: ReadonlySet<string> = new Set(['body', 'payload', 'messageBody'])

/**
 * The fields of a log line as they may be written (house-style §16): no secrets, no message bodies, no raw bytes, at any
 * depth, inside errors too.
 */
export function printableFields(fields: Record<string, unknown>): Record<string, unknown> {
  return printableMembers(fields, 0)
}

function printableMembers(members: object, depth: number): Record<string, unknown> {
  const printed: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(members)) printed[key] = printableMember(key, value, depth)
  return printed
}

function printableMember(key: string, value: unknown, depth: number): unknown {
  if (value === undefined || value === null || typeof value === 'number' || typeof value === 'boolean') {
    return value
  }
  if (isSecretKey(key)) return REDACTED
  if (BODY_KEYS.has(key)) return bodySize(value)
  return printable(value, depth + 1)
}

function printable(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return redactText(value)
  if (typeof value === 'bigint') return value.toString()
  if (typeof value !== 'object' || value === null) return value
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`
  if (depth > MAX_DEPTH) return '[too deep]'
  if (value instanceof Error) return printableError(value, depth)
  if (Array.isArray(value)) return value.map(item => printable(item, depth + 1))
  // Dates, URLs and the like say themselves how they are written.
  if ('toJSON' in value && typeof value.toJSON === 'function') return printable(value.toJSON(), depth + 1)
  return printableMembers(value, depth)
}

/** The error's own members (code, details…) and everything that led to it; pino's serializer leaves out aggregates. */
function printableError(error: Error, depth: number): Record<string, unknown> {
  const { name, message, stack, cause } = error
  return {
    type: name,
    message: redactText(message),
    stack: stack === undefined ? undefined : redactText(stack),
    ...printableMembers(error, depth),
    ...(cause !== undefined && { cause: printable(cause, depth + 1) }),
    ...(error instanceof AggregateError && { errors: printable(error.errors, depth + 1) }),
  }
}

function bodySize(value: unknown): string {
  if (typeof value === 'string') return `[${value.length} characters]`
  return ArrayBuffer.isView(value) ? `[${value.byteLength} bytes]` : '[body]'
}
