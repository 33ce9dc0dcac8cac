import { Message as WireMessage } from '@ddmq/common/idl'
import type { Message } from '../message.ts'
import { toHashIdWords } from './hash-id.ts'
import { findPropertyProblem, toProperties } from './message-properties.ts'
import { randomKey } from './random-key.ts'
import { ResultCode } from './result-code.ts'
import { VERSION } from './version.ts'

/** Why a message is refused before any I/O, with the code the server would have answered. */
export interface Rejection {
  readonly code: number
  readonly message: string
}

const MAX_KEY_UNITS = 255
const MAX_TAGS_UNITS = 255
const TAG_SEPARATOR = '||'
const BY_HASH = -1
const ANY_PARTITION = -2
const MAX_PARTITION = 2 ** 31 - 1
const CONTROL = /\p{Cc}/u

/**
 * The message as it stands on the wire, or the reason for refusing it (producer-proxy.md §6). Hot path: one call per send.
 * A generated key is drawn here, once, so that every retry carries the same one.
 */
export function toWireMessage(message: Message, random: () => number): WireMessage | Rejection {
  const problem =
    findTextProblem(message) ?? findBodyProblem(message.body) ?? findPartitionProblem(message.partition)
  if (problem !== undefined) return illegal(problem)
  const wire = new WireMessage()
  wire.topic = message.topic
  wire.key = message.key ?? randomKey(random)
  wire.body = typeof message.body === 'string' ? Buffer.from(message.body, 'utf8') : message.body
  wire.version = VERSION
  const refused = setRouting(wire, message) ?? setTags(wire, message.tags) ?? setProperties(wire, message)
  if (refused !== undefined) return illegal(refused)
  return isWellFormed(message) ? wire : { code: ResultCode.ENCODING, message: 'a text has a lone surrogate' }
}

/** Tells the two results of `toWireMessage` apart. */
export function isRejection(converted: WireMessage | Rejection): converted is Rejection {
  return !(converted instanceof WireMessage)
}

function illegal(message: string): Rejection {
  return { code: ResultCode.ILLEGAL_MESSAGE, message }
}

function findTextProblem({ topic, key }: Message): string | undefined {
  if (typeof topic !== 'string' || topic.trim() === '') return 'topic must be a non-empty string'
  if (CONTROL.test(topic)) return 'topic contains a control character'
  if (key === undefined) return undefined
  if (typeof key !== 'string') return 'key must be a string'
  if (key.length > MAX_KEY_UNITS) return `key is longer than ${MAX_KEY_UNITS} characters`
  return CONTROL.test(key) ? 'key contains a control character' : undefined
}

function findBodyProblem(body: unknown): string | undefined {
  if (typeof body !== 'string' && !(body instanceof Uint8Array))
    return 'body must be a string or a Uint8Array'
  return body.length === 0 ? 'body is empty' : undefined
}

function findPartitionProblem(partition: number | undefined): string | undefined {
  if (partition === undefined) return undefined
  const valid = Number.isInteger(partition) && partition >= 0 && partition <= MAX_PARTITION
  return valid ? undefined : 'partition must be an integer ≥ 0'
}

function setRouting(wire: WireMessage, { hashId, partition }: Message): string | undefined {
  wire.partitionId = partition ?? (hashId === undefined ? ANY_PARTITION : BY_HASH)
  if (hashId === undefined) return undefined
  const words = toHashIdWords(hashId)
  if (typeof words === 'string') return words
  wire.hashIdHigh = words.high
  wire.hashIdLow = words.low
  return undefined
}

function setTags(wire: WireMessage, tags: Message['tags']): string | undefined {
  if (tags === undefined) return undefined
  const list = typeof tags === 'string' ? [tags] : tags
  if (list.some(tag => tag.includes(TAG_SEPARATOR)))
    return `a tag contains "${TAG_SEPARATOR}"; pass several tags as an array`
  if (typeof tags !== 'string' && list.some(tag => tag === '')) return 'a tag is empty'
  const joined = list.join(TAG_SEPARATOR)
  if (joined.length > MAX_TAGS_UNITS) return `tags are longer than ${MAX_TAGS_UNITS} characters`
  if (CONTROL.test(joined)) return 'tags contain a control character'
  wire.tags = joined === '' ? undefined : joined
  return undefined
}

function setProperties(wire: WireMessage, message: Message): string | undefined {
  const properties = toProperties(message)
  if (properties === undefined) return undefined
  wire.properties = properties
  return findPropertyProblem(properties)
}

function isWellFormed({ topic, key, body, hashId }: Message): boolean {
  return (
    topic.isWellFormed() &&
    (key === undefined || key.isWellFormed()) &&
    (typeof body !== 'string' || body.isWellFormed()) &&
    (typeof hashId !== 'string' || hashId.isWellFormed())
  )
}
