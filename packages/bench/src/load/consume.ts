import type { ThriftConnection } from '@ddmq/common/thrift'
import { ErrorsByCode } from './errors-by-code.ts'
import { Latency } from './latency.ts'
import { type LoadOptions, type LoadReport, measureLoad, perMessage, spread } from './load-run.ts'
import { pullOnce } from './pull.ts'
import type { SeenOffsets } from './seen-offsets.ts'
import { runSession } from './session.ts'

export interface ConsumeOptions extends LoadOptions {
  readonly group: string
  /** Counts a message as an error that was already in it, and adds the others. Absent: nobody looks. */
  readonly seen?: SeenOffsets
}

const DUPLICATE = 'duplicate'

/** Pulls and acknowledges as fast as the connections allow; latency is that of one pull that brought messages. */
export async function runConsume(options: ConsumeOptions): Promise<LoadReport> {
  const latency = new Latency()
  const errors = new ErrorsByCode()
  const over = new AbortController()
  let messages = 0
  const pullOne = async (connection: ThriftConnection): Promise<void> => {
    const startMs = performance.now()
    const pulled = await pullOnce(connection, options.group, () =>
      latency.record(performance.now() - startMs),
    )
    if (pulled === undefined) return
    messages += pulled.messages.length
    if (messages >= (options.messages ?? Infinity)) over.abort()
    for (const { offset, value } of pulled.messages) {
      if (options.seen?.add(pulled.context.qid ?? '', offset) === false) errors.count(DUPLICATE)
      options.acknowledged?.(idOf(value))
    }
  }
  const timer = setTimeout(() => over.abort(), options.seconds * 1000)
  const usage = await measureLoad(options.pid, () =>
    spread(options, address =>
      runSession(address, over.signal, { once: pullOne, failed: error => errors.countThrown(error) }),
    ),
  )
  clearTimeout(timer)
  return { messages, ...latency.summary(), errors: errors.toRecord(), ...perMessage(usage, messages) }
}

function idOf(body: Uint8Array | undefined): string {
  const text = Buffer.from(body ?? []).toString('latin1')
  const end = text.indexOf('.')
  return end < 0 ? text : text.slice(0, end)
}
