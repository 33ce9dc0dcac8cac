import {
  type Connection,
  heartbeatV4,
  joinGroupV9,
  leaveGroupV5,
  offsetCommitV8,
  offsetFetchV8,
  syncGroupV5,
} from '@platformatic/kafka'
import type { PartitionName } from '../assignment.ts'
import type { CommittedOffset } from '../port/membership.ts'
import type { TopicPartition } from '../port/record.ts'
import { nameOf } from './group-plan.ts'
import { groupProblem } from './group-problem.ts'
import { PROTOCOL_NAME, PROTOCOL_TYPE } from './group-protocol.ts'

/** What a group needs of its cluster. */
export interface GroupNetwork {
  /**
   * A connection to whoever coordinates the group now. A broker answers the requests of one connection in turn, so what may
   * wait for other members has a channel of its own.
   */
  coordinator(group: string, channel: string, requestTimeoutMs: number): Promise<Connection>
  drop(connection: Connection): void
  /** It did not answer, or is not the coordinator any more. */
  forgetCoordinator(group: string): void
  /** How many partitions each of these topics has; those that do not exist are left out. */
  partitionCounts(topics: Iterable<string>): Promise<ReadonlyMap<string, number>>
}

/** By what a member is known in its group. */
export interface MemberIdentity {
  readonly memberId: string
  readonly instanceId: string | null
  readonly generation: number
}

export interface JoinAnswer {
  readonly memberId: string
  readonly generation: number
  readonly isLeader: boolean
  /** The leader of a generation that goes on has nothing to decide. */
  readonly isDecided: boolean
  /** For the leader: what each member said. */
  readonly members: readonly { readonly memberId: string; readonly metadata: Buffer }[]
}

export interface RequestTimes {
  /** Longest wait for an answer that comes when other members have joined as well. */
  readonly joinMs: number
  /** Longest wait for any other answer. */
  readonly answerMs: number
}

/** The requests of one group to its coordinator. All reject with a `GroupProblem`; none is said twice. */
export class GroupRequests {
  readonly #network: GroupNetwork
  readonly #group: string
  readonly #channel: string
  readonly #times: RequestTimes
  #joinConnection: Connection | undefined
  #isClosed = false

  /** `channel`: a name that no other member in this process has. */
  constructor(network: GroupNetwork, group: string, channel: string, times: RequestTimes) {
    this.#network = network
    this.#group = group
    this.#channel = channel
    this.#times = times
  }

  join(
    { memberId, instanceId }: MemberIdentity,
    times: { readonly sessionTimeoutMs: number; readonly rebalanceTimeoutMs: number },
    metadata: Buffer,
  ): Promise<JoinAnswer> {
    return this.#call('join', true, async connection => {
      const answer = await joinGroupV9.api.async(
        connection,
        this.#group,
        times.sessionTimeoutMs,
        times.rebalanceTimeoutMs,
        memberId,
        instanceId,
        PROTOCOL_TYPE,
        [{ name: PROTOCOL_NAME, metadata }],
      )
      return {
        memberId: answer.memberId,
        generation: answer.generationId,
        isLeader: answer.leader === answer.memberId,
        isDecided: answer.skipAssignment,
        members: answer.members,
      }
    })
  }

  sync(
    { memberId, instanceId, generation }: MemberIdentity,
    assignments: readonly { memberId: string; assignment: Buffer }[],
  ): Promise<Buffer> {
    return this.#call('sync', true, async connection => {
      const { assignment } = await syncGroupV5.api.async(
        connection,
        this.#group,
        generation,
        memberId,
        instanceId,
        PROTOCOL_TYPE,
        PROTOCOL_NAME,
        [...assignments],
      )
      return assignment
    })
  }

  async heartbeat({ memberId, instanceId, generation }: MemberIdentity): Promise<void> {
    await this.#call('heartbeat', false, connection =>
      heartbeatV4.api.async(connection, this.#group, generation, memberId, instanceId),
    )
  }

  async leave({ memberId, instanceId }: MemberIdentity): Promise<void> {
    await this.#call('leave', false, connection =>
      leaveGroupV5.api.async(connection, this.#group, [{ memberId, groupInstanceId: instanceId }]),
    )
  }

  async commit(
    { memberId, instanceId, generation }: MemberIdentity,
    offsets: readonly CommittedOffset[],
  ): Promise<void> {
    const topics = [...Map.groupBy(offsets, ({ topic }) => topic)].map(([name, own]) => ({
      name,
      partitions: own.map(({ partition, offset, metadata }) => ({
        partitionIndex: Number(partition),
        committedOffset: BigInt(offset),
        committedLeaderEpoch: -1,
        committedMetadata: metadata,
      })),
    }))
    await this.#call('commit', false, connection =>
      offsetCommitV8.api.async(connection, this.#group, generation, memberId, instanceId, topics),
    )
  }

  /** Only positions that no open transaction is about to change. */
  committed(partitions: readonly TopicPartition[]): Promise<ReadonlyMap<PartitionName, CommittedOffset>> {
    const topics = [...Map.groupBy(partitions, ({ topic }) => topic)].map(([name, own]) => ({
      name,
      partitionIndexes: own.map(({ partition }) => Number(partition)),
    }))
    return this.#call('read positions', false, async connection => {
      const wanted = [{ groupId: this.#group, memberEpoch: -1, topics }]
      const { groups } = await offsetFetchV8.api.async(connection, wanted, true)
      const found = new Map<PartitionName, CommittedOffset>()
      for (const { name: topic, partitions: own } of groups[0]?.topics ?? []) {
        for (const { partitionIndex, committedOffset, metadata } of own) {
          const partition = String(partitionIndex)
          const offset = Number(committedOffset)
          if (offset >= 0)
            found.set(nameOf(topic, partition), { topic, partition, offset, metadata: metadata ?? '' })
        }
      }
      return found
    })
  }

  /** Ends the connection that nobody else uses. */
  close(): void {
    this.#isClosed = true
    if (this.#joinConnection !== undefined) this.#network.drop(this.#joinConnection)
  }

  async #call<Answer>(
    what: string,
    isSlow: boolean,
    send: (connection: Connection) => Promise<Answer>,
  ): Promise<Answer> {
    const { joinMs, answerMs } = this.#times
    try {
      if (!isSlow) return await send(await this.#network.coordinator(this.#group, 'groups', answerMs))
      this.#joinConnection = await this.#network.coordinator(this.#group, this.#channel, joinMs)
      // It was left while the connection was made: joining now would leave a member behind that nobody speaks for.
      if (this.#isClosed) {
        this.#network.drop(this.#joinConnection)
        throw new Error('the member has left')
      }
      return await send(this.#joinConnection)
    } catch (thrown) {
      const problem = groupProblem(thrown, `group ${this.#group}: ${what}`)
      if (problem.reason === 'noCoordinator' || problem.reason === 'silence') {
        this.#network.forgetCoordinator(this.#group)
      }
      throw problem
    }
  }
}
