/** What plain and delayed messages have in common. Hot path: once per send. Each answers with the problem, or undefined. */
import type { Message } from '../message.ts'
import { findPropertyProblem, type PropertySource, toProperties } from './message-properties.ts'

const MAX_TAGS_UNITS = 255
const TAG_SEPARATOR = '||'
const CONTROL = /\p{Cc}/u

export function hasControl(text: string): boolean {
  return CONTROL.test(text)
}

export function findTopicProblem(topic: unknown): string | undefined {
  if (typeof topic !== 'string' || topic.trim() === '') return 'topic must be a non-empty string'
  return hasControl(topic) ? 'topic contains a control character' : undefined
}

export function findBodyProblem(body: unknown): string | undefined {
  if (typeof body !== 'string' && !(body instanceof Uint8Array))
    return 'body must be a string or a Uint8Array'
  return body.length === 0 ? 'body is empty' : undefined
}

export function bytesOf(body: Message['body']): Uint8Array {
  return typeof body === 'string' ? Buffer.from(body, 'utf8') : body
}

/** Tags that are absent or empty stay absent on the wire. */
export function setTags(wire: { tags: string | undefined }, tags: Message['tags']): string | undefined {
  if (tags === undefined) return undefined
  const list = typeof tags === 'string' ? [tags] : tags
  if (list.some(tag => tag.includes(TAG_SEPARATOR)))
    return `a tag contains "${TAG_SEPARATOR}"; pass several tags as an array`
  if (typeof tags !== 'string' && list.some(tag => tag === '')) return 'a tag is empty'
  const joined = list.join(TAG_SEPARATOR)
  if (joined.length > MAX_TAGS_UNITS) return `tags are longer than ${MAX_TAGS_UNITS} characters`
  if (hasControl(joined)) return 'tags contain a control character'
  wire.tags = joined === '' ? undefined : joined
  return undefined
}

export function setProperties(
  wire: { properties: Map<string, string> | undefined },
  message: PropertySource,
): string | undefined {
  const properties = toProperties(message)
  if (properties === undefined) return undefined
  wire.properties = properties
  return findPropertyProblem(properties)
}
