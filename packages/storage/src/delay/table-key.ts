/** Hot path: once per record of the table of pending messages. Its keys, readable with any tool of the log. */
import { afterDigits, afterFirstId, afterMilliseconds, afterSlash, afterTopic } from './key-scan.ts'

/**
 * One delayed message: `<topic>/<id of round 0>`, and `.<milliseconds>` where it is not due at a whole second, so that one
 * uuid at two due times is two messages. A topic's name has no slash.
 */
export type MessageName = string

export type TableKey =
  /** `m/<name>`: the message as it was added. */
  | { readonly kind: 'message'; readonly name: MessageName }
  /** `s/<name>`: how far it is: the next round of a loop, or fired. */
  | { readonly kind: 'progress'; readonly name: MessageName }
  /** `c/<topic>/<id>/<round>`: cancelled from that round on, at whatever millisecond it is due. */
  | { readonly kind: 'cancel'; readonly name: MessageName; readonly round: number }
  /** `b`: a new owner was here. */
  | { readonly kind: 'barrier' }

export const BARRIER_KEY = Buffer.from('b')

const BARRIER = 0x62
const MESSAGE = 0x6d
const PROGRESS = 0x73
const SLASH = 0x2f
const ROUND_DIGITS = 10
const KINDS: Readonly<Record<number, 'message' | 'progress' | 'cancel'>> = {
  [MESSAGE]: 'message',
  [PROGRESS]: 'progress',
  0x63: 'cancel',
}

export interface NamedMessage {
  readonly topic: string
  /** Id of round 0. */
  readonly id: string
  /** Of the due second, 0 to 999. */
  readonly milliseconds: number
}

/** `id`: that of round 0, in its canonical text. */
export function messageName({ topic, id, milliseconds }: NamedMessage): MessageName {
  return milliseconds === 0 ? `${topic}/${id}` : `${topic}/${id}.${milliseconds}`
}

export function parseMessageName(name: MessageName): NamedMessage {
  const slash = name.indexOf('/')
  const dot = name.indexOf('.', slash)
  return {
    topic: name.slice(0, slash),
    id: dot < 0 ? name.slice(slash + 1) : name.slice(slash + 1, dot),
    milliseconds: dot < 0 ? 0 : Number(name.slice(dot + 1)),
  }
}

/** The name that cancels are kept under: that of the message without its milliseconds. */
export function cancelName(name: MessageName): MessageName {
  const dot = name.indexOf('.', name.indexOf('/'))
  return dot < 0 ? name : name.slice(0, dot)
}

export function messageKey(name: MessageName): Buffer {
  return keyOf(MESSAGE, name)
}

export function progressKey(name: MessageName): Buffer {
  return keyOf(PROGRESS, name)
}

export function cancelKey(name: MessageName, round: number): Buffer {
  return Buffer.from(`c/${name}/${round}`, 'latin1')
}

/**
 * Undefined for a key that is not one of these: a record that somebody else wrote. `isKnown`: messages whose names came out of
 * here before, and are not looked at again.
 */
export function parseTableKey(
  key: Uint8Array | null,
  isKnown?: (name: MessageName) => boolean,
): TableKey | undefined {
  if (key === null) return undefined
  if (key.length === 1 && key[0] === BARRIER) return { kind: 'barrier' }
  const kind = KINDS[key[0] ?? 0]
  const start = afterSlash(key, 1)
  if (kind === undefined || start < 0) return undefined
  if (isKnown !== undefined && kind !== 'cancel') {
    const name = textOf(key, start, key.length)
    if (isKnown(name)) return { kind, name }
  }
  return parseNamed(kind, key, start)
}

function parseNamed(
  kind: 'message' | 'progress' | 'cancel',
  key: Uint8Array,
  start: number,
): TableKey | undefined {
  const idEnd = afterFirstId(key, afterTopic(key, start))
  if (kind === 'cancel') {
    const roundStart = afterSlash(key, idEnd)
    if (afterDigits(key, roundStart, ROUND_DIGITS) !== key.length) return undefined
    return { kind, name: textOf(key, start, idEnd), round: Number(textOf(key, roundStart, key.length)) }
  }
  if (afterMilliseconds(key, idEnd) !== key.length) return undefined
  return { kind, name: textOf(key, start, key.length) }
}

function keyOf(kind: number, name: MessageName): Buffer {
  const key = Buffer.allocUnsafe(2 + name.length)
  key[0] = kind
  key[1] = SLASH
  key.write(name, 2, 'latin1')
  return key
}

function textOf(key: Uint8Array, start: number, end: number): string {
  const bytes = Buffer.isBuffer(key) ? key : Buffer.from(key.buffer, key.byteOffset, key.byteLength)
  return bytes.toString('latin1', start, end)
}
