import { createProducer, type Producer } from '@ddmq/sdk'
import { Option } from 'commander'
import { parseDurationMs } from './argument-parsers.ts'
import type { CommandContext } from './context.ts'

/** How long a command that sends waits, retries included. */
export function timeoutOption(): Option {
  return new Option('--timeout <duration>', 'give up after').argParser(parseDurationMs).default(10_000, '10s')
}

/** Runs the work with a producer for the proxies that the console knows, and closes it. */
export async function withProducer<Result>(
  context: CommandContext,
  timeoutMs: number,
  work: (producer: Producer) => Promise<Result>,
): Promise<Result> {
  const { producerProxies } = await context.proxies()
  const producer = await createProducer({
    endpoints: producerProxies,
    proxyTimeoutMs: timeoutMs / 2,
    requestTimeoutMs: timeoutMs,
    deadlineMs: timeoutMs,
  })
  try {
    return await work(producer)
  } finally {
    await producer.close()
  }
}
