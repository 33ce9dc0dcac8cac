import { onTestFinished } from 'vitest'
import { type Consumer, type ConsumerOptions, createConsumer } from '../../src/index.ts'

/** A consumer of group `cg` that ends with the test. */
export async function testConsumer(
  endpoints: readonly string[],
  options: Partial<ConsumerOptions> = {},
): Promise<Consumer> {
  const consumer = await createConsumer({ group: 'cg', endpoints, lingerMs: 50, ...options })
  onTestFinished(async () => {
    await consumer.stop({ timeoutMs: 0 })
  })
  return consumer
}

/** The text of a received body. */
export function textOf({ message: { body } }: { readonly message: { readonly body: Uint8Array } }): string {
  return new TextDecoder().decode(body)
}
