import type { Message } from '../message.ts'

/** The members that become properties. */
export type PropertySource = Pick<Message, 'properties' | 'headers' | 'traceId' | 'spanId' | 'pressure'>

/** Property names the delivery side understands (sdk.md §1.3). */
const PRESSURE = 'isPressureTraffic'
const TRACE_ID = 'traceId'
const SPAN_ID = 'spanId'
const HEADERS = 'carrera_headers'
/** Headers that stand for trace fields, in lower case. */
const TRACE_HEADERS: Readonly<Record<string, string>> = {
  'didi-header-rid': TRACE_ID,
  'didi-header-spanid': SPAN_ID,
}

/** Names the storage engine keeps for itself (producer-proxy.md §6 rule 3). */
const RESERVED = new Set(
  `KEYS TAGS WAIT DELAY RETRY_TOPIC REAL_TOPIC REAL_QID TRAN_MSG PGROUP MIN_OFFSET MAX_OFFSET BUYER_ID
   ORIGIN_MESSAGE_ID TRANSFER_FLAG CORRECTION_FLAG MQ2_FLAG RECONSUME_TIME MSG_REGION TRACE_ON UNIQ_KEY
   MAX_RECONSUME_TIMES CONSUME_START_TIME`.split(/\s+/),
)
/** The storage engine's own separators inside a record. */
const SEPARATORS = ['\u0001', '\u0002'] as const

/** The properties as sent: the caller's own, then those that stand for other members. Undefined when there are none. */
export function toProperties(message: PropertySource): Map<string, string> | undefined {
  if (!hasProperties(message)) return undefined
  const properties = new Map(Object.entries(message.properties ?? {}))
  if (message.headers !== undefined) addHeaders(properties, message.headers)
  if (message.traceId !== undefined) properties.set(TRACE_ID, message.traceId)
  if (message.spanId !== undefined) properties.set(SPAN_ID, message.spanId)
  if (message.pressure !== undefined) properties.set(PRESSURE, String(message.pressure))
  return properties
}

/** What is wrong with these properties, or undefined. */
export function findPropertyProblem(properties: ReadonlyMap<string, string>): string | undefined {
  for (const [name, value] of properties) {
    const problem = findProblem(name, value)
    if (problem !== undefined) return `properties: ${problem}`
  }
  return undefined
}

function hasProperties(message: PropertySource): boolean {
  return (
    message.properties !== undefined ||
    message.headers !== undefined ||
    message.traceId !== undefined ||
    message.spanId !== undefined ||
    message.pressure !== undefined
  )
}

function addHeaders(properties: Map<string, string>, headers: Readonly<Record<string, string>>): void {
  const kept: [string, string][] = []
  for (const [name, value] of Object.entries(headers)) {
    const traceName = TRACE_HEADERS[name.toLowerCase()]
    if (traceName === undefined) kept.push([name, value])
    else properties.set(traceName, value)
  }
  if (kept.length > 0) properties.set(HEADERS, JSON.stringify(Object.fromEntries(kept)))
}

function findProblem(name: string, value: unknown): string | undefined {
  if (name.trim() === '') return 'a name is blank'
  if (RESERVED.has(name)) return `the name "${name}" is reserved`
  if (typeof value !== 'string' || value.trim() === '')
    return `the value of "${name}" is blank or not a string`
  if (SEPARATORS.some(separator => name.includes(separator) || value.includes(separator)))
    return `"${name}" contains a control character`
  return undefined
}
