import { onTestFinished } from 'vitest'
import { createProducer, type Producer, type ProducerOptions } from '../../src/index.ts'

/** A busy machine keeps a process waiting for less. */
const PATIENT = { connectTimeoutMs: 10_000, requestTimeoutMs: 10_000, deadlineMs: 30_000 }

/** A producer that ends with the test. It waits long for what comes at once, unless a test says otherwise. */
export async function testProducer(
  endpoints: readonly string[],
  options: Partial<ProducerOptions> = {},
): Promise<Producer> {
  const producer = await createProducer({ endpoints, ...PATIENT, ...options })
  onTestFinished(() => producer.close({ timeoutMs: 0 }))
  return producer
}
