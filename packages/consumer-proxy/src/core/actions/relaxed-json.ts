import { parseJson } from './json-value.ts'

/**
 * Parses JSON as senders of the original wrote it: names without quotes, single-quoted strings and stray commas are
 * accepted (consumer-proxy.md §11.3). Anything else that is not JSON — comments, hexadecimal numbers, missing commas,
 * numbers as names — is refused with a SyntaxError. Strict text, the usual case, is parsed directly.
 */
export function parseRelaxedJson(text: string): unknown {
  try {
    return parseJson(text)
  } catch (thrown) {
    const strict = toStrictJson(text)
    if (strict === text) throw thrown
    return parseJson(strict)
  }
}

const NAME = /[A-Za-z_$][\w$]*/y
const NAME_BEFORE_COLON = /\s*:/y
const DOUBLE_QUOTED = /"[^"\\]*(?:\\[^][^"\\]*)*"/y
const SINGLE_QUOTED = /'[^'\\]*(?:\\[^][^'\\]*)*'/y
const SPACE = /\s+/y

function toStrictJson(text: string): string {
  let strict = ''
  let last = ''
  let commaPending = false
  for (let at = 0; at < text.length; ) {
    const space = match(SPACE, text, at)
    if (space !== '') {
      at += space.length
      strict += ' '
      continue
    }
    const token = readToken(text, at)
    at += token.length
    if (token === ',') {
      commaPending = true
      continue
    }
    const closes = token === '}' || token === ']'
    if (commaPending && !closes && last !== '{' && last !== '[') strict += ','
    commaPending = false
    strict += strictToken(token, text, at)
    last = token
  }
  return strict
}

function readToken(text: string, at: number): string {
  const first = text.charAt(at)
  if (first === '"') return readString(DOUBLE_QUOTED, text, at)
  if (first === "'") return readString(SINGLE_QUOTED, text, at)
  return match(NAME, text, at) || first
}

/** Ends at the first string that does not: looking on for others would take quadratic time. */
function readString(pattern: RegExp, text: string, at: number): string {
  const quoted = match(pattern, text, at)
  if (quoted === '') throw new SyntaxError(`a string does not end, at position ${at}`)
  return quoted
}

function strictToken(token: string, text: string, after: number): string {
  if (token.length > 1 && token.startsWith("'")) return requote(token.slice(1, -1))
  const isName = /^[A-Za-z_$]/.test(token) && match(NAME_BEFORE_COLON, text, after) !== ''
  return isName ? `"${token}"` : token
}

function requote(inner: string): string {
  const escaped = inner.replaceAll(/\\[^]|"/g, found => {
    if (found === '"') return '\\"'
    return found === "\\'" ? "'" : found
  })
  return `"${escaped}"`
}

function match(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at
  return pattern.exec(text)?.[0] ?? ''
}
