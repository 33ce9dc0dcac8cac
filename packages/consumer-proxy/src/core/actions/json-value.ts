import { LosslessNumber, parse, stringify } from 'lossless-json'

/** A parsed JSON object. Numbers in it are `LosslessNumber`: their digits leave as they came (consumer-proxy.md §13.1). */
export type JsonObject = Readonly<Record<string, unknown>>

/** Parses strict JSON text without touching a digit. The last of two members with one name wins. Throws SyntaxError. */
export function parseJson(text: string): unknown {
  return parse(text, null, { onDuplicateKey: ({ newValue }) => newValue })
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
