import { randomUUID } from 'node:crypto'
import type { PartitionName } from '../assignment.ts'
import { StorageError } from '../errors.ts'
import type { AssignmentListener, JoinOptions, Membership } from '../port/membership.ts'
import { checkHolderName } from '../port/names.ts'
import { KafkaMember, type MemberTimes } from './group-member.ts'
import { nameOf } from './group-plan.ts'
import { type GroupNetwork, GroupRequests } from './group-requests.ts'
import { GroupSession } from './group-session.ts'
import { HeldPartitions } from './held-partitions.ts'
import type { IdleGroups } from './idle-groups.ts'
import type { KafkaClient } from './kafka-client.ts'
import { TopicWatch } from './topic-watch.ts'

const HEARTBEAT_MS = 500
const HEARTBEATS_PER_SESSION = 3
const ANSWER_MS = 3_000
const COMMIT_MS = 30_000
const JOIN_MS = 15_000
/** Kafka numbers partitions from 0 in 31 bits; no topic has so many. */
const NO_SUCH_PARTITION = 2 ** 31 - 1

export interface MemberOptions {
  readonly topics: readonly string[]
  readonly claims?: readonly PartitionName[]
  readonly prefers?: JoinOptions['prefers']
  readonly listener: AssignmentListener
  /** Known by it after a restart. */
  readonly instanceId?: string | undefined
}

/** The memberships of one process. */
export class Groups {
  readonly #client: KafkaClient
  readonly #idle: IdleGroups
  readonly #members = new Set<KafkaMember>()

  constructor(client: KafkaClient, idle: IdleGroups) {
    this.#client = client
    this.#idle = idle
  }

  async join(
    group: string,
    topics: readonly string[],
    wish: { readonly listener: AssignmentListener } & JoinOptions,
  ): Promise<Membership> {
    checkHolderName('group', group)
    const instanceId = this.#client.settings.groupInstanceId
    const member = newMember(this.#client, group, { topics, ...wish, instanceId })
    for (const old of this.#members) if (old.isOver) this.#members.delete(old)
    this.#members.add(member)
    try {
      await member.start()
    } catch (thrown) {
      await member.close()
      throw thrown
    }
    this.#idle.keep(group)
    return member
  }

  /** Leaves all groups, without asking their listeners. */
  async close(): Promise<void> {
    await Promise.all([...this.#members].map(member => member.close()))
    this.#members.clear()
  }
}

export function newMember(client: KafkaClient, group: string, options: MemberOptions): KafkaMember {
  const log = client.log.child({ cluster: client.clusterName })
  return new KafkaMember(
    { group, ...options },
    { ...memberDeps(client, group), log, instanceId: options.instanceId },
  )
}

/**
 * Joins a group and leaves it. What has positions is joined with: in a group with members the brokers forget old positions
 * of topics that nobody wants.
 */
export async function touchGroup(
  client: KafkaClient,
  group: string,
  topics: readonly string[],
): Promise<void> {
  const deps = memberDeps(client, group)
  const session = new GroupSession(
    // A claim of what does not exist: a member that joins meanwhile gives nothing up to this one (M3).
    { topics, claims: topics.slice(0, 1).map(topic => nameOf(topic, NO_SUCH_PARTITION)) },
    { ...deps, instanceId: undefined, sessionOver: () => undefined },
    new HeldPartitions(),
  )
  try {
    await session.join()
  } finally {
    await session.leave().finally(() => deps.requests.close())
  }
}

function memberDeps(client: KafkaClient, group: string) {
  const { clock, settings } = client
  const { sessionTimeoutMs, drainMs, rack } = settings
  const network = groupNetwork(client)
  const times: MemberTimes = {
    sessionTimeoutMs,
    rebalanceTimeoutMs: 2 * sessionTimeoutMs,
    heartbeatMs: Math.min(HEARTBEAT_MS, Math.floor(sessionTimeoutMs / HEARTBEATS_PER_SESSION)),
    drainMs,
    commitMs: COMMIT_MS,
    joinMs: JOIN_MS,
  }
  const answers = { joinMs: times.rebalanceTimeoutMs + ANSWER_MS, answerMs: ANSWER_MS }
  const requests = new GroupRequests(network, group, `join/${randomUUID()}`, answers)
  return { clock, requests, watch: new TopicWatch(network), times, rack }
}

function groupNetwork(client: KafkaClient): GroupNetwork {
  return {
    async coordinator(group, channel, requestTimeoutMs) {
      const address = await client.coordinator('group', group)
      return client.connections.get(address, channel, requestTimeoutMs)
    },
    drop: connection => client.connections.drop(connection),
    forgetCoordinator: group => client.forgetCoordinator('group', group),
    async partitionCounts(topics) {
      const counts = new Map<string, number>()
      for (const topic of new Set(topics)) {
        const count = await countOf(client, topic)
        if (count !== undefined) counts.set(topic, count)
      }
      return counts
    },
  }
}

async function countOf(client: KafkaClient, topic: string): Promise<number | undefined> {
  const known = client.metadata.cached(topic)
  if (known !== undefined) return known.partitions.length
  try {
    const { partitions } = await client.metadata.topic(topic)
    return partitions.length
  } catch (thrown) {
    if (thrown instanceof StorageError && thrown.kind === 'unknownTopic') return undefined
    throw thrown
  }
}
