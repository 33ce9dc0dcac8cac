import { systemClock } from '@ddmq/common/clock'
import type { Producer } from './producer.ts'
import { type ProducerOptions, toProducerSettings } from './producer-options.ts'
import { ProxyProducer } from './proxy-producer.ts'

/** Makes a producer; rejects with `DdmqClientError` (102) when an option is wrong. Connections are opened by the sends. */
export async function createProducer(options: ProducerOptions): Promise<Producer> {
  return new ProxyProducer(toProducerSettings(options), systemClock, Math.random)
}
