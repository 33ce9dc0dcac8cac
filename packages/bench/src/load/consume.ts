import { type ConsumeResult, consumerService } from '@ddmq/common/idl'
import type { ThriftConnection } from '@ddmq/common/thrift'
import { ErrorsByCode } from './errors-by-code.ts'
import { Latency } from './latency.ts'
import { type LoadOptions, type LoadReport, measureLoad, perMessage, spread } from './load-run.ts'
import { runSession } from './session.ts'

export interface ConsumeOptions extends LoadOptions {
  readonly group: string
}

const BATCH = 32
const LINGER_MS = 200
const CALL_TIMEOUT_MS = 10_000

/** Pulls and acknowledges as fast as the connections allow; latency is that of one pull that brought messages. */
export async function runConsume(options: ConsumeOptions): Promise<LoadReport> {
  const latency = new Latency()
  const errors = new ErrorsByCode()
  let messages = 0
  const pullOne = async (connection: ThriftConnection): Promise<void> => {
    const startMs = performance.now()
    const request = { groupId: options.group, maxBatchSize: BATCH, maxLingerTime: LINGER_MS }
    const pulled = await connection.call(consumerService.pull, { request }, { timeoutMs: CALL_TIMEOUT_MS })
    if (pulled.messages.length === 0) return
    latency.record(performance.now() - startMs)
    const result: ConsumeResult = {
      context: pulled.context,
      successOffsets: pulled.messages.map(message => message.offset),
    }
    await connection.call(consumerService.submit, { result }, { timeoutMs: CALL_TIMEOUT_MS })
    messages += pulled.messages.length
    for (const message of pulled.messages) options.acknowledged?.(idOf(message.value))
  }
  const usage = await measureLoad(options, over =>
    spread(options, address =>
      runSession(address, over, { once: pullOne, failed: error => errors.countThrown(error) }),
    ),
  )
  return { messages, ...latency.summary(), errors: errors.toRecord(), ...perMessage(usage, messages) }
}

function idOf(body: Uint8Array | undefined): string {
  const text = Buffer.from(body ?? []).toString('latin1')
  const end = text.indexOf('.')
  return end < 0 ? text : text.slice(0, end)
}
