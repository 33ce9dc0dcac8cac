import { systemClock } from '@ddmq/common/clock'
import { ChannelConsumer } from '../consumer/channel-consumer.ts'
import type { Consumer } from '../consumer/consumer.ts'
import { HANDLING_OPTIONS, type HandlingOptions, toHandlingSettings } from '../consumer/consumer-options.ts'
import { integerOption, refuseUnknownOptions } from '../option-check.ts'
import type { Producer } from '../producer/producer.ts'
import { MemoryBroker } from './memory-broker.ts'
import { MemoryChannel } from './memory-channel.ts'
import { MemoryProducer } from './memory-producer.ts'
import type { PendingDelay } from './pending-delay.ts'
import type { StoredMessage } from './stored-message.ts'

export interface TestBrokerOptions {
  /** Queues of every topic (4). */
  readonly partitions?: number
  /** A message reported FAIL this often becomes a dead letter (3). */
  readonly maxDeliveries?: number
}

/** DDMQ in memory, for tests of code that sends and consumes. */
export interface TestBroker {
  createProducer(): Producer
  createConsumer(options: HandlingOptions): Consumer
  /** Everything stored, of all topics, in order. */
  readonly sent: readonly StoredMessage[]
  /** Delayed messages that wait, the next due first. Nothing delivers them by itself. */
  readonly delayed: readonly PendingDelay[]
  /** Delivers the next round of the delayed message with this id, or of all that wait, as if it were due. */
  deliverDelayed(delayId?: string): void
  /** The next sends get these codes and store nothing. */
  failNextSends(...codes: readonly number[]): void
  /** What the group reported as SUCCESS, in that order. */
  acknowledged(group: string): readonly StoredMessage[]
  /** What the group reported as FAIL too often. */
  deadLetters(group: string): readonly StoredMessage[]
  /** Delivers what has no outcome again (skipped or forgotten), as a server does after its timeout. */
  expireDeliveries(group: string): void
  /** Resolves when everything sent is acknowledged or a dead letter; rejects after `timeoutMs` (5000). */
  whenConsumed(group: string, options?: { readonly timeoutMs?: number }): Promise<void>
}

/** `stop` waits for the pull under way: in memory nothing is gained by long ones. */
const MEMORY_LINGER_MS = 20

/** Throws `DdmqClientError` (102) when an option is wrong. */
export function createTestBroker(options: TestBrokerOptions = {}): TestBroker {
  refuseUnknownOptions(options, ['partitions', 'maxDeliveries'])
  const broker = new MemoryBroker(
    integerOption('partitions', options.partitions, 4, 1),
    integerOption('maxDeliveries', options.maxDeliveries, 3, 1),
  )
  const failures: number[] = []
  return {
    sent: broker.sent,
    get delayed() {
      return broker.delays.pending
    },
    deliverDelayed: delayId => broker.delays.deliver(delayId),
    createProducer: () => new MemoryProducer(broker, failures),
    createConsumer: handling => {
      refuseUnknownOptions(handling, HANDLING_OPTIONS)
      const settings = toHandlingSettings({ lingerMs: MEMORY_LINGER_MS, ...handling })
      const channel = new MemoryChannel(broker.group(settings.group), systemClock)
      return new ChannelConsumer([channel], { settings, clock: systemClock, random: Math.random })
    },
    failNextSends: (...codes) => void failures.push(...codes),
    acknowledged: group => broker.group(group).acknowledged,
    deadLetters: group => broker.group(group).deadLetters,
    expireDeliveries: group => broker.group(group).expire(),
    whenConsumed: (group, { timeoutMs = 5000 } = {}) => whenConsumed(broker, group, timeoutMs),
  }
}

async function whenConsumed(broker: MemoryBroker, name: string, timeoutMs: number): Promise<void> {
  const group = broker.group(name)
  const expired = AbortSignal.timeout(timeoutMs)
  while (group.lag > 0) {
    if (expired.aborted)
      throw new Error(`group ${name} has ${group.lag} messages without an outcome after ${timeoutMs} ms`)
    await new Promise<void>(resolve => {
      const forget = group.onChange(resolve)
      expired.addEventListener('abort', () => (forget(), resolve()), { once: true })
    })
  }
}
