import type { FormField } from '../actions/job-content.ts'

/**
 * Urlencoded form body, hot (consumer-proxy.md §13.1): UTF-8, `A-Za-z0-9-._*` as they are, space as `+`, everything else
 * percent-encoded. A field without value is its bare name.
 */
export function encodeForm(fields: readonly FormField[]): string {
  let body = ''
  for (const { name, value } of fields) {
    if (body !== '') body += '&'
    body += encode(name)
    if (value !== null) body += `=${encode(value)}`
  }
  return body
}

const PLAIN = /^[\w.*-]*$/
/**
 * What the platform's function does not encode as a form must, the space included. Many texts, such as compact JSON, have none
 * of it and are done sooner.
 */
const DIFFERS = /[ !~'()]/
const NEEDS_MORE = /[!~'()]/g
const MORE: Readonly<Record<string, string>> = { '!': '%21', '~': '%7E', "'": '%27', '(': '%28', ')': '%29' }

/** A lone surrogate has no UTF-8 form; it becomes U+FFFD. */
function encode(text: string): string {
  if (PLAIN.test(text)) return text
  const encoded = encodeURIComponent(text.toWellFormed())
  if (!DIFFERS.test(text)) return encoded
  return encoded.replaceAll('%20', '+').replace(NEEDS_MORE, found => MORE[found] ?? found)
}
