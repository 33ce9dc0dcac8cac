import { isJsonObject, printJson } from '../actions/json-value.ts'
import { parseRelaxedJson } from '../actions/relaxed-json.ts'
import { PushRefusedError } from './errors.ts'

/** These belong to the connection and to the length of the body; a message cannot set them. */
const CONNECTION_HEADERS: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'expect',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])
const DEFAULTS: readonly (readonly [name: string, value: string])[] = [
  ['Accept', '*/*'],
  ['User-Agent', 'DDMQ'],
  ['Content-Type', 'application/x-www-form-urlencoded'],
]
const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/
const CONTROL = /[^\t\x20-\x7e\x80-\xff]/

export const DEFAULT_HEADERS: readonly string[] = DEFAULTS.flat()

/**
 * Names and values in turn: the members of the property `carrera_headers` (a JSON object), then the defaults that they do
 * not replace (consumer-proxy.md §13.1). Values that are no strings are sent as JSON, text as UTF-8.
 */
export function headersFrom(carreraHeaders: string): readonly string[] {
  const wanted = parseHeaders(carreraHeaders)
  const headers: string[] = []
  const given = new Set<string>()
  for (const [name, value] of Object.entries(wanted)) {
    if (!TOKEN.test(name)) throw new PushRefusedError('carrera_headers: a header name is invalid')
    if (CONNECTION_HEADERS.has(name.toLowerCase())) continue
    headers.push(name, headerValue(name, value))
    given.add(name.toLowerCase())
  }
  for (const [name, value] of DEFAULTS) {
    if (!given.has(name.toLowerCase())) headers.push(name, value)
  }
  return headers
}

function parseHeaders(text: string): Readonly<Record<string, unknown>> {
  let value: unknown
  try {
    value = parseRelaxedJson(text)
  } catch (cause) {
    throw new PushRefusedError('carrera_headers: not JSON', { cause })
  }
  if (!isJsonObject(value)) throw new PushRefusedError('carrera_headers: not a JSON object')
  return value
}

function headerValue(name: string, value: unknown): string {
  const text = typeof value === 'string' ? value : printJson(value)
  const bytes = Buffer.from(text, 'utf8').toString('latin1')
  if (CONTROL.test(bytes)) {
    throw new PushRefusedError(`carrera_headers: the value of ${name} has a control character`)
  }
  return bytes
}
