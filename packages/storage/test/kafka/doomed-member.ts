import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { type GroupNetwork, GroupRequests } from '../../src/kafka/group-requests.ts'
import { GroupSession } from '../../src/kafka/group-session.ts'
import { HeldPartitions } from '../../src/kafka/held-partitions.ts'
import type { KafkaClient } from '../../src/kafka/kafka-client.ts'
import { TopicWatch } from '../../src/kafka/topic-watch.ts'

const HEARTBEAT_MS = 100

/** A member that dies in the worst moment: when it has just heard that a generation is formed, and before it joins it. */
export class DoomedMember {
  readonly #session: GroupSession
  #isDoomed = false

  constructor(client: KafkaClient, group: string, topic: string, sessionTimeoutMs: number) {
    const network: GroupNetwork = {
      coordinator: async (_, channel, requestTimeoutMs) =>
        client.connections.get(await client.coordinator('group', group), channel, requestTimeoutMs),
      drop: connection => client.connections.drop(connection),
      forgetCoordinator: () => client.forgetCoordinator('group', group),
      partitionCounts: async () => new Map(),
    }
    const answers = { joinMs: 60_000, answerMs: 10_000 }
    this.#session = new GroupSession(
      { topics: [topic], claims: [] },
      {
        clock: client.clock,
        requests: new GroupRequests(network, group, randomUUID(), answers),
        watch: new TopicWatch(network),
        times: { sessionTimeoutMs, rebalanceTimeoutMs: sessionTimeoutMs, heartbeatMs: HEARTBEAT_MS },
        instanceId: undefined,
        rack: undefined,
        sessionOver: () => undefined,
      },
      new HeldPartitions(),
    )
  }

  /** In the next generation that is formed. */
  doom(): void {
    this.#isDoomed = true
  }

  /** Until it has died. */
  async live(): Promise<void> {
    while (!this.#isDoomed) {
      await this.#session.join()
      do await delay(HEARTBEAT_MS)
      while (!(await this.#session.isOver()))
    }
  }
}
