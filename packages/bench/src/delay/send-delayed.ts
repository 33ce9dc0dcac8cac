import { randomBytes, randomUUID } from 'node:crypto'
import { DelayMessage, producerService } from '@ddmq/common/idl'
import type { ThriftConnection } from '@ddmq/common/thrift'
import { ErrorsByCode } from '../load/errors-by-code.ts'
import { Latency } from '../load/latency.ts'
import { type LoadReport, type LoadTarget, measureLoad, perMessage, spread } from '../load/load-run.ts'
import { runSession } from '../load/session.ts'
import { encodeDelayedBody } from './delayed-body.ts'

export interface SendDelayedOptions extends LoadTarget {
  readonly topic: string
  readonly messages: number
  readonly bodyBytes: number
  /** Milliseconds since 1970. The others follow evenly over the span. */
  readonly firstDueMs: number
  readonly spanMs: number
  /** Begins every body; absent: a random one. */
  readonly run?: string
  /** Told of every message that was accepted, by its number, with the time it was due. */
  readonly accepted?: (number: number, dueMs: number) => void
}

const ADD = 1
const ONCE = 2
/** Time the server may take for one send before it answers 12. */
const SEND_TIMEOUT_MS = 5000

/** Sends so many messages as fast as the connections allow. One that fails is counted and not sent again. */
export async function runSendDelayed(options: SendDelayedOptions): Promise<LoadReport> {
  const { messages: count, firstDueMs, spanMs, run = randomBytes(4).toString('hex') } = options
  const latency = new Latency()
  const errors = new ErrorsByCode()
  const sent = new AbortController()
  let next = 0
  let messages = 0
  const sendOne = async (connection: ThriftConnection): Promise<void> => {
    if (next >= count) return sent.abort()
    const number = next++
    const dueMs = firstDueMs + Math.floor((number / count) * spanMs)
    const startMs = performance.now()
    const delayMessage = messageOf(options, { run, number, dueMs })
    const result = await connection.call(
      producerService.sendDelaySync,
      { delayMessage, timeout: SEND_TIMEOUT_MS },
      { timeoutMs: SEND_TIMEOUT_MS * 2 },
    )
    latency.record(performance.now() - startMs)
    if (result.code !== 0) return errors.count(String(result.code))
    messages++
    options.accepted?.(number, dueMs)
  }
  const usage = await measureLoad(options.pid, () =>
    spread(options, address =>
      runSession(address, sent.signal, { once: sendOne, failed: error => errors.countThrown(error) }),
    ),
  )
  return { messages, ...latency.summary(), errors: errors.toRecord(), ...perMessage(usage, messages) }
}

function messageOf(
  { topic, bodyBytes }: SendDelayedOptions,
  body: { readonly run: string; readonly number: number; readonly dueMs: number },
): DelayMessage {
  const message = new DelayMessage()
  message.topic = topic
  message.tags = ''
  message.action = ADD
  message.dmsgtype = ONCE
  message.timestamp = Math.floor(body.dueMs / 1000)
  message.milliseconds = body.dueMs % 1000
  message.uuid = randomUUID()
  message.body = encodeDelayedBody(body, bodyBytes)
  return message
}
