import { type ConsumeResult, consumerService, Message, type PullRequest } from '@ddmq/common/idl'
import { MemoryBroker } from '../../src/testing/memory-broker.ts'
import type { MemoryGroup } from '../../src/testing/memory-group.ts'
import type { FaultGate } from './fault-gate.ts'
import { listen } from './thrift-listener.ts'

/** One outcome as a request carried it, in the order received. */
interface ReceivedOutcome {
  readonly qid: string
  readonly offset: number
  readonly outcome: 'success' | 'fail'
  readonly by: 'pull' | 'submit'
}

/** A consumer proxy over an in-memory broker, on real sockets. */
export interface FakeConsumerProxy {
  readonly gate: FaultGate
  readonly endpoint: string
  readonly group: MemoryGroup
  readonly outcomes: ReceivedOutcome[]
  readonly pulls: PullRequest[]
  /** Empty pulls are answered at once instead of after the linger. */
  impatient: boolean
  /** Adds messages to one queue of topic `t`. */
  add(partition: number, ...bodies: readonly string[]): void
}

export async function startConsumerProxy(): Promise<FakeConsumerProxy> {
  const broker = new MemoryBroker(4, 3)
  const group = broker.group('cg')
  const outcomes: ReceivedOutcome[] = []
  const pulls: PullRequest[] = []
  const apply = (result: ConsumeResult | undefined, by: ReceivedOutcome['by']): void => {
    outcomes.push(...outcomesOf(result, by))
    group.apply(result)
  }
  const gate = await listen(consumerService, {
    pull: async ({ request }) => {
      pulls.push(request)
      apply(request.result, 'pull')
      const ready = group.take(request)
      if (ready !== undefined) return ready
      if (!proxy.impatient) await change(group, request.maxLingerTime ?? 0)
      return group.take(request) ?? { context: {}, messages: [] }
    },
    submit: ({ result }) => {
      apply(result, 'submit')
      return true
    },
    getConsumeStats: ({ request }) =>
      request.topic === 'none'
        ? []
        : [
            {
              group: request.group,
              topic: 't',
              consumeOffsets: new Map([['t_0', 3]]),
              produceOffsets: new Map([['t_0', 5]]),
            },
          ],
    fetch: () => ({ results: [] }),
    ack: () => true,
  })
  const proxy: FakeConsumerProxy = {
    gate,
    endpoint: gate.endpoint,
    group,
    outcomes,
    pulls,
    impatient: false,
    add: (partition, ...bodies) => {
      for (const body of bodies) broker.store(messageOf(partition, body))
    },
  }
  return proxy
}

function messageOf(partition: number, body: string): Message {
  const message = new Message()
  message.topic = 't'
  message.key = `key-${body}`
  message.body = Buffer.from(body)
  message.partitionId = partition
  return message
}

function change(group: MemoryGroup, withinMs: number): Promise<void> {
  return new Promise(resolve => {
    const forget = group.onChange(() => {
      clearTimeout(timer)
      resolve()
    })
    const timer = setTimeout(() => {
      forget()
      resolve()
    }, withinMs)
  })
}

function outcomesOf(
  result: ConsumeResult | undefined,
  by: ReceivedOutcome['by'],
): readonly ReceivedOutcome[] {
  if (result === undefined) return []
  const qid = result.context?.qid ?? ''
  return [
    ...(result.successOffsets ?? []).map(offset => ({ qid, offset, outcome: 'success' as const, by })),
    ...(result.failOffsets ?? []).map(offset => ({ qid, offset, outcome: 'fail' as const, by })),
    ...outcomesOf(result.nextResult, by),
  ]
}
