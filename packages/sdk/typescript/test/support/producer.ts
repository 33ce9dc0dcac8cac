import { onTestFinished } from 'vitest'
import { createProducer, type Producer, type ProducerOptions } from '../../src/index.ts'

/** A producer that ends with the test. */
export async function testProducer(
  endpoints: readonly string[],
  options: Partial<ProducerOptions> = {},
): Promise<Producer> {
  const producer = await createProducer({ endpoints, ...options })
  onTestFinished(() => producer.close({ timeoutMs: 0 }))
  return producer
}
