import { systemClock } from '@ddmq/common/clock'
import { ChannelConsumer } from './channel-consumer.ts'
import type { Consumer } from './consumer.ts'
import { type ConsumerOptions, toConsumerSettings } from './consumer-options.ts'
import { ThriftChannel } from './thrift-channel.ts'

/** Makes a consumer; rejects with `DdmqClientError` (102) when an option is wrong. Connections are opened by `run`. */
export async function createConsumer(options: ConsumerOptions): Promise<Consumer> {
  const settings = toConsumerSettings(options)
  const channels = settings.endpoints.map(address => new ThriftChannel(address, settings, systemClock))
  return new ChannelConsumer(channels, { settings, clock: systemClock, random: Math.random })
}
