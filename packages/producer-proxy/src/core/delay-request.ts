import type { DelayMessage } from '@ddmq/common/idl'
import { checkAdd, type DelayAdd } from './delay-add.ts'
import { checkCancel, type DelayCancel } from './delay-cancel.ts'
import { type Outcome, outcomeOf } from './result-code.ts'
import type { TopicRoute } from './topic-route.ts'

const ADD = 1
const CANCEL = 2

export interface DelayRules {
  /** Topics that begin so belong to the delay service; blank: there is none. */
  readonly innerTopicPrefix: string
  /** Unix time, milliseconds. */
  readonly nowMs: number
}

/**
 * What a delay request to a served topic asks for, or its refusal: from check 3 of producer-proxy.md §14.1 on, in their order,
 * as far as no cluster is needed.
 */
export function checkDelay(
  message: DelayMessage,
  body: Uint8Array,
  { topic, isDelay }: TopicRoute,
  { innerTopicPrefix, nowMs }: DelayRules,
): DelayAdd | DelayCancel | Outcome {
  const hasService = innerTopicPrefix.trim() !== ''
  if (hasService && topic.startsWith(innerTopicPrefix)) {
    return outcomeOf(
      'FAIL_ILLEGAL_MSG',
      `topics that begin with ${innerTopicPrefix} belong to the delay service`,
    )
  }
  if (!isDelay) return outcomeOf('FAIL_TOPIC_IS_NOT_DELAY')
  const checked = checkAction(message, body, nowMs)
  if ('code' in checked || hasService) return checked
  return outcomeOf('FAIL_TOPIC_NOT_ALLOWED', 'the document of this proxy names no delay service')
}

function checkAction(
  message: DelayMessage,
  body: Uint8Array,
  nowMs: number,
): DelayAdd | DelayCancel | Outcome {
  const { action } = message
  if (action === ADD) return checkAdd(message, body, nowMs)
  if (action === CANCEL) return checkCancel(message, nowMs)
  return outcomeOf('FAIL_ILLEGAL_DELAY_ACTION', `action is ${action}, it must be 1 or 2`)
}
