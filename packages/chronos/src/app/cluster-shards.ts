import type { Clock } from '@ddmq/common/clock'
import { describeError } from '@ddmq/common/errors'
import type { Logger } from '@ddmq/common/log'
import {
  type AssignmentListener,
  type LogCluster,
  type Membership,
  type PartitionId,
  type TopicDescription,
} from '@ddmq/storage'
import { delayTableTopic } from '@ddmq/storage/delay'
import type { ClockGuard } from '../core/clock-guard.ts'
import { standbyPartitions } from '../core/standbys.ts'
import type { StartChecks } from '../core/start-checks.ts'
import type { Shard } from './shard.ts'

const TABLE_CHECK_MS = 1000
const REFUSED_CHECK_MS = 10_000
const STANDBY_CHECK_MS = 2000
/** What ends is not waited for. */
const AT_ONCE = AbortSignal.abort()
const FIRST_PAUSE_MS = 250
const MAX_PAUSE_MS = 30_000

export interface ClusterShardsDeps {
  readonly cluster: LogCluster
  readonly clock: Clock
  readonly log: Logger
  readonly innerTopicPrefix: string
  /** Processes that follow each shard, its owner among them. */
  readonly replicas: number
  readonly guard: Pick<ClockGuard, 'doubt'>
  readonly check: (table: TopicDescription) => Promise<StartChecks>
  /** Nothing of it is used any more. */
  readonly closed: () => void
  /** Its index may be opened once `before` resolved. */
  readonly openShard: (shard: PartitionId, table: TopicDescription, before: Promise<void>) => Shard
}

/**
 * The shards of one broker cluster in this process: those that the group gives it to own, and those that it follows to be able to.
 *
 * A1 A shard is owned from when it was assigned until it was revoked or lost; what is under way is finished before it is
 *    given back.
 * A2 Whoever owns, follows. A shard that is neither owned nor a standby here is not followed; what its index holds stays.
 */
export class ClusterShards {
  readonly cluster: LogCluster
  readonly #deps: ClusterShardsDeps
  readonly #stop = new AbortController()
  readonly #shards = new Map<PartitionId, Shard>()
  /** Shards that were followed before, until the last of their work has ended. */
  readonly #ending = new Map<PartitionId, Promise<void>>()
  readonly #owned = new Set<PartitionId>()
  readonly #warned = new Set<string>()
  #running: Promise<void> | undefined
  #stopDeadline: AbortSignal = AbortSignal.abort()
  #problem: string | undefined = 'it has not joined its group yet'

  constructor(deps: ClusterShardsDeps) {
    this.#deps = deps
    this.cluster = deps.cluster
  }

  /** One line for the operator while nothing is fired here. */
  get problem(): string | undefined {
    return this.#problem
  }

  /** What is wrong with the clock, by the log of this cluster. */
  get clockDoubt(): string | undefined {
    return this.#deps.guard.doubt
  }

  get shards(): Iterable<Shard> {
    return this.#shards.values()
  }

  start(): void {
    this.#running = this.#run()
  }

  async stop(deadline: AbortSignal): Promise<void> {
    this.#stopDeadline = deadline
    this.#stop.abort()
    await this.#running
    await Promise.all([...this.#shards.keys()].map(shard => this.#unfollow(shard, deadline)))
    this.#deps.closed()
  }

  async #run(): Promise<void> {
    const { clock, cluster, log } = this.#deps
    let pauseMs = FIRST_PAUSE_MS
    while (!this.#stop.signal.aborted) {
      try {
        const table = await this.#table()
        if (table === undefined) continue
        await this.#beMember(table)
        pauseMs = FIRST_PAUSE_MS
      } catch (err) {
        this.#problem = `the delay table of ${cluster.clusterName}: ${describeError(err)}`
        log.warn({ err, cluster: cluster.clusterName }, this.#problem)
        await this.#pause(pauseMs, clock)
        pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS)
      }
    }
  }

  /** Undefined while there is none that may be used; looked for again after a pause. */
  async #table(): Promise<TopicDescription | undefined> {
    const { cluster, innerTopicPrefix, check, log, clock } = this.#deps
    const name = delayTableTopic(innerTopicPrefix)
    const table = await cluster.admin.describeTopic(name)
    if (table === undefined) {
      this.#problem = undefined // Nobody has made a delay topic yet.
      await this.#pause(TABLE_CHECK_MS, clock)
      return undefined
    }
    const { refusals, warnings } = await check(table)
    for (const warning of warnings) this.#warnOnce(warning)
    if (refusals.length === 0) return table
    const refusal = refusals.join('; ')
    if (this.#problem !== refusal) log.error({ cluster: cluster.clusterName, topic: name }, refusal)
    this.#problem = refusal
    await this.#pause(REFUSED_CHECK_MS, clock)
    return undefined
  }

  #warnOnce(warning: string): void {
    if (this.#warned.has(warning)) return
    this.#warned.add(warning)
    const { log, cluster } = this.#deps
    log.warn({ cluster: cluster.clusterName }, warning)
  }

  /** Until the end. */
  async #beMember(table: TopicDescription): Promise<void> {
    const { cluster, clock } = this.#deps
    const listener: AssignmentListener = {
      assigned: async partitions => {
        for (const { partition } of partitions) this.#owned.add(partition)
        for (const { partition } of partitions) this.#follow(partition, table).own()
      },
      revoked: async (partitions, deadline) => {
        for (const { partition } of partitions) this.#owned.delete(partition)
        const held = partitions.flatMap(({ partition }) => this.#shards.get(partition) ?? [])
        await Promise.all(held.map(shard => shard.release(deadline)))
      },
      lost: partitions => {
        for (const { partition } of partitions) {
          this.#owned.delete(partition)
          this.#shards.get(partition)?.lose()
        }
      },
    }
    const prefers = (): { topic: string; partition: PartitionId }[] =>
      [...this.#shards.values()]
        .filter(shard => shard.isWarm)
        .map(({ id }) => ({ topic: table.topic, partition: id }))
    const membership = await cluster.join(`cg_${table.topic}`, [table.topic], listener, { prefers })
    this.#problem = undefined
    while (!this.#stop.signal.aborted) {
      await this.#pause(STANDBY_CHECK_MS, clock)
      await this.#followStandbys(membership, table).catch((err: unknown) => {
        this.#deps.log.debug({ err, cluster: cluster.clusterName }, 'standbys not known')
      })
    }
    await membership.leave(this.#stopDeadline)
  }

  async #followStandbys({ group, memberId }: Membership, table: TopicDescription): Promise<void> {
    const { cluster, replicas } = this.#deps
    const members = replicas > 1 ? await cluster.admin.members(group) : []
    if (this.#stop.signal.aborted) return
    const wanted = standbyPartitions(members, memberId, replicas)
    for (const shard of wanted) if (!this.#owned.has(shard)) this.#follow(shard, table)
    for (const shard of this.#shards.keys()) {
      if (!wanted.has(shard) && !this.#owned.has(shard)) await this.#unfollow(shard, AT_ONCE)
    }
  }

  #follow(id: PartitionId, table: TopicDescription): Shard {
    const known = this.#shards.get(id)
    if (known !== undefined) return known
    const shard = this.#deps.openShard(id, table, this.#ending.get(id) ?? Promise.resolve())
    this.#shards.set(id, shard)
    shard.start()
    return shard
  }

  async #unfollow(id: PartitionId, deadline: AbortSignal): Promise<void> {
    const shard = this.#shards.get(id)
    if (shard === undefined) return
    this.#shards.delete(id)
    this.#ending.set(id, shard.ended)
    await shard.stop(deadline)
  }

  async #pause(ms: number, clock: Clock): Promise<void> {
    await clock.sleep(ms, this.#stop.signal).catch(() => undefined) // Ends early at stop.
  }
}
