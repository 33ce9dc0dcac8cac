import { Message as WireMessage } from '@ddmq/common/idl'
import type { Message } from '../message.ts'
import { toHashIdWords } from './hash-id.ts'
import {
  bytesOf,
  findBodyProblem,
  findTopicProblem,
  hasControl,
  setProperties,
  setTags,
} from './message-content.ts'
import { randomKey } from './random-key.ts'
import { illegal, Rejection } from './rejection.ts'
import { ResultCode } from './result-code.ts'
import { VERSION } from './version.ts'

const MAX_KEY_UNITS = 255
const BY_HASH = -1
const ANY_PARTITION = -2
const MAX_PARTITION = 2 ** 31 - 1

/**
 * The message as it stands on the wire, or the reason for refusing it (producer-proxy.md §6). Hot path: one call per send.
 * A generated key is drawn here, once, so that every retry carries the same one.
 */
export function toWireMessage(message: Message, random: () => number): WireMessage | Rejection {
  const problem =
    findTopicProblem(message.topic) ??
    findKeyProblem(message.key) ??
    findBodyProblem(message.body) ??
    findPartitionProblem(message.partition)
  if (problem !== undefined) return illegal(problem)
  const wire = new WireMessage()
  wire.topic = message.topic
  wire.key = message.key ?? randomKey(random)
  wire.body = bytesOf(message.body)
  wire.version = VERSION
  const refused = setRouting(wire, message) ?? setTags(wire, message.tags) ?? setProperties(wire, message)
  if (refused !== undefined) return illegal(refused)
  return isWellFormed(message) ? wire : new Rejection(ResultCode.ENCODING, 'a text has a lone surrogate')
}

function findKeyProblem(key: unknown): string | undefined {
  if (key === undefined) return undefined
  if (typeof key !== 'string') return 'key must be a string'
  if (key.length > MAX_KEY_UNITS) return `key is longer than ${MAX_KEY_UNITS} characters`
  return hasControl(key) ? 'key contains a control character' : undefined
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

function isWellFormed({ topic, key, body, hashId }: Message): boolean {
  return (
    topic.isWellFormed() &&
    (key === undefined || key.isWellFormed()) &&
    (typeof body !== 'string' || body.isWellFormed()) &&
    (typeof hashId !== 'string' || hashId.isWellFormed())
  )
}
