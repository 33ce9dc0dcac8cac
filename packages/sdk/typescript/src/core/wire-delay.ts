import { randomUUID } from 'node:crypto'
import { firstRound, parseDelayId } from '@ddmq/common/delay'
import { DelayMessage as WireDelay } from '@ddmq/common/idl'
import type { DelayMessage, DelaySpec } from '../delay.ts'
import type { Message } from '../message.ts'
import { toDelaySchedule } from './delay-schedule.ts'
import { bytesOf, findBodyProblem, findTopicProblem, setProperties, setTags } from './message-content.ts'
import { illegal, Rejection } from './rejection.ts'
import { ResultCode } from './result-code.ts'
import { VERSION } from './version.ts'

const ADD = 1
const CANCEL = 2
/** A cancel must have a body; nobody reads it. */
const CANCEL_BODY = Buffer.from('c')
/** Members of a plain message that a delayed one cannot carry. */
const ROUTING = ['key', 'hashId', 'partition'] as const

/**
 * The add as it stands on the wire, or the reason for refusing it. Due time and uuid are fixed here, once, so that all retries
 * are one message (CH-20).
 */
export function toWireDelay(message: DelayMessage, spec: DelaySpec, nowMs: number): WireDelay | Rejection {
  const problem =
    findTopicProblem(message.topic) ?? findBodyProblem(message.body) ?? findRoutingProblem(message)
  if (problem !== undefined) return illegal(problem)
  const wire = new WireDelay()
  const refused = setTags(wire, message.tags) ?? setProperties(wire, message)
  if (refused !== undefined) return illegal(refused)
  const schedule = toDelaySchedule(spec, nowMs)
  if (schedule instanceof Rejection) return schedule
  if (!isWellFormed(message)) return new Rejection(ResultCode.ENCODING, 'a text has a lone surrogate')
  return Object.assign(wire, schedule, {
    action: ADD,
    topic: message.topic,
    body: bytesOf(message.body),
    uuid: randomUUID(),
    version: VERSION,
  })
}

/** The cancel of a message of this topic, or the reason for refusing it. */
export function toWireCancel(topic: string, delayId: string, tags: Message['tags']): WireDelay | Rejection {
  const wire = new WireDelay()
  const problem = findTopicProblem(topic) ?? setTags(wire, tags)
  if (problem !== undefined) return illegal(problem)
  const refused = findIdProblem(delayId)
  if (refused !== undefined) return refused
  return Object.assign(wire, {
    action: CANCEL,
    topic,
    uniqDelayMsgId: delayId,
    body: CANCEL_BODY,
    version: VERSION,
  })
}

function findIdProblem(delayId: string): Rejection | undefined {
  const id = parseDelayId(delayId)
  if (id === 'type') return new Rejection(ResultCode.ILLEGAL_DELAY_TYPE, 'delayId names an unknown type')
  if (id !== 'shape' && firstRound(id) !== undefined) return undefined
  return new Rejection(ResultCode.ILLEGAL_DELAY_ID, 'delayId is not the id of a delayed message')
}

function findRoutingProblem(message: object): string | undefined {
  const given = ROUTING.find(name => name in message && Reflect.get(message, name) !== undefined)
  return given === undefined
    ? undefined
    : `${given}: a delayed message has none; it is delivered with its delay id as its key, into any partition`
}

function isWellFormed({ topic, body }: DelayMessage): boolean {
  return topic.isWellFormed() && (typeof body !== 'string' || body.isWellFormed())
}
