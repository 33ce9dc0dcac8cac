import { LosslessNumber, parse, stringify } from 'lossless-json'

/**
 * A parsed JSON object. A number in it prints with the digits it came with (consumer-proxy.md §13.1): it is a
 * `LosslessNumber`, or a number whose own text is exactly that.
 */
export type JsonObject = Readonly<Record<string, unknown>>

/** Parses strict JSON text without touching a digit. The last of two members with one name wins. Throws SyntaxError. */
export function parseJson(text: string): unknown {
  return parseCompact(text) ?? parse(text, null, { onDuplicateKey: ({ newValue }) => newValue })
}

/**
 * Hot: the platform's parser is many times faster, and text that it prints as it came, which is what most senders write,
 * lost nothing in it. Undefined for every other text.
 */
function parseCompact(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return JSON.stringify(value) === text ? value : undefined
  } catch {
    return undefined // The other parser tells what is wrong.
  }
}

/** Compact JSON text; numbers digit by digit as they were parsed. */
export function printJson(value: unknown): string {
  return stringify(value) ?? 'null'
}

export function isJsonObject(value: unknown): value is JsonObject {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof LosslessNumber)
  )
}
