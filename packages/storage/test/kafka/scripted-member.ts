import type { AssignedPartition, AssignmentListener, CommittedOffset, TopicPartition } from '@ddmq/storage'
import { FakeClock, testLogger } from '@ddmq/testkit'
import type { PartitionName } from '../../src/assignment.ts'
import { KafkaMember } from '../../src/kafka/group-member.ts'
import { encodeAssignment } from '../../src/kafka/group-protocol.ts'
import { type GroupNetwork, GroupRequests, type JoinAnswer } from '../../src/kafka/group-requests.ts'
import { TopicWatch } from '../../src/kafka/topic-watch.ts'

export const SESSION_MS = 10_000
export const HEARTBEAT_MS = 500
/** How coarsely time passes. */
const STEP_MS = 100

const NO_NETWORK: GroupNetwork = {
  coordinator: () => Promise.reject(new Error('there is no network here')),
  drop: () => undefined,
  forgetCoordinator: () => undefined,
  partitionCounts: async () => new Map(),
}

/** A coordinator that answers at once, unless the test says how: a follower that is to have t/0 and t/1. */
class ScriptedRequests extends GroupRequests {
  onJoin: (count: number) => Promise<void> = async () => undefined
  onSync: () => Promise<void> = async () => undefined
  onHeartbeat: () => Promise<void> = async () => undefined
  onLeave: () => Promise<void> = async () => undefined
  /** The first one is for the member's name. */
  joins = 0
  generation = 1

  constructor() {
    super(NO_NETWORK, 'g', 'join', { joinMs: 1, answerMs: 1 })
  }

  override async join(): Promise<JoinAnswer> {
    this.joins++
    await this.onJoin(this.joins)
    return { memberId: 'm', generation: this.generation, isLeader: false, isDecided: false, members: [] }
  }

  override async sync(): Promise<Buffer> {
    await this.onSync()
    return encodeAssignment(['t/0', 't/1'])
  }

  override heartbeat(): Promise<void> {
    return this.onHeartbeat()
  }

  override leave(): Promise<void> {
    return this.onLeave()
  }

  override async committed(): Promise<ReadonlyMap<PartitionName, CommittedOffset>> {
    return new Map()
  }
}

/** A member whose time and coordinator are the test's. */
export class ScriptedMember implements AssignmentListener {
  readonly clock = new FakeClock()
  readonly requests = new ScriptedRequests()
  readonly logger = testLogger()
  readonly started: string[] = []
  readonly losses: string[] = []
  readonly member = new KafkaMember(
    { group: 'g', topics: ['t'], listener: this },
    {
      clock: this.clock,
      log: this.logger.log,
      requests: this.requests,
      watch: new TopicWatch(NO_NETWORK),
      times: {
        sessionTimeoutMs: SESSION_MS,
        rebalanceTimeoutMs: 2 * SESSION_MS,
        heartbeatMs: HEARTBEAT_MS,
        drainMs: 30_000,
        commitMs: 30_000,
        joinMs: 15_000,
      },
      instanceId: undefined,
      rack: undefined,
    },
  )

  async assigned(partitions: readonly AssignedPartition[]): Promise<void> {
    this.started.push(...partitions.map(({ partition }) => partition))
  }

  async revoked(): Promise<void> {
    // Lets go at once.
  }

  lost(partitions: readonly TopicPartition[]): void {
    this.losses.push(...partitions.map(({ partition }) => partition))
  }

  get held(): number {
    return this.member.assignment().length
  }

  /** Time passes in a process that runs. */
  async pass(ms: number): Promise<void> {
    for (let passedMs = 0; passedMs < ms; passedMs += STEP_MS) await this.clock.advance(STEP_MS)
  }

  /** Leaves; what waits for an answer by then gets it. */
  async end(): Promise<void> {
    const closed = this.member.close()
    await this.pass(2 * SESSION_MS)
    await closed
  }
}
