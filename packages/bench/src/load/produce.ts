import { randomBytes } from 'node:crypto'
import { Message, producerService } from '@ddmq/common/idl'
import type { ThriftConnection } from '@ddmq/common/thrift'
import { ErrorsByCode } from './errors-by-code.ts'
import { Latency } from './latency.ts'
import { type LoadOptions, type LoadReport, measureLoad, perMessage, spread } from './load-run.ts'
import { runSession } from './session.ts'

export interface ProduceOptions extends LoadOptions {
  readonly topic: string
  readonly bodyBytes: number
}

/** Time the server may take for one send before it answers 12. */
const SEND_TIMEOUT_MS = 5000

/** Sends as fast as the connections allow, for the given time. */
export async function runProduce(options: ProduceOptions): Promise<LoadReport> {
  const latency = new Latency()
  const errors = new ErrorsByCode()
  const run = randomBytes(4).toString('hex')
  let sequence = 0
  let messages = 0
  const sendOne = async (connection: ThriftConnection): Promise<void> => {
    const id = `${run}-${(sequence++).toString(36)}`
    const startMs = performance.now()
    const result = await connection.call(
      producerService.sendSync,
      { message: messageOf(options, id), timeout: SEND_TIMEOUT_MS },
      { timeoutMs: SEND_TIMEOUT_MS * 2 },
    )
    latency.record(performance.now() - startMs)
    if (result.code !== 0) return errors.count(String(result.code))
    messages += 1
    options.acknowledged?.(id)
  }
  const over = AbortSignal.timeout(options.seconds * 1000)
  const usage = await measureLoad(options.pid, () =>
    spread(options, address =>
      runSession(address, over, { once: sendOne, failed: error => errors.countThrown(error) }),
    ),
  )
  return { messages, ...latency.summary(), errors: errors.toRecord(), ...perMessage(usage, messages) }
}

function messageOf(options: ProduceOptions, id: string): Message {
  const message = new Message()
  message.topic = options.topic
  message.key = id
  message.tags = ''
  message.partitionId = -2
  message.body = Buffer.from(id.padEnd(options.bodyBytes, '.'))
  return message
}
