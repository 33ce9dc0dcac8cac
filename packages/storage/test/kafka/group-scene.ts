import { randomUUID } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import type { KafkaCluster } from '@ddmq/storage/kafka'
import { eventually, type KafkaServers, kafkaTool, type NodeProcess, spawnNode } from '@ddmq/testkit'
import { BackgroundAppends } from './background-appends.ts'
import { ConsumingMember } from './consuming-member.ts'
import { compare, type MemberEvent, overlaps, type Stillness } from './member-events.ts'

/** Runs a `ConsumingMember` in a process of its own. */
export const MEMBER_PROCESS = fileURLToPath(new URL('member-process.ts', import.meta.url))
/** The shortest that brokers allow by default; a busy machine keeps a process waiting for less. */
export const SESSION_MS = 6_000
/** Beyond the time of any test. */
export const LONG_SESSION_MS = 120_000
export const PARTITIONS = 6
export const FAIL_OVER_MS = 60_000

export interface Verdict {
  readonly lost: readonly string[]
  /** Partitions that were in two hands. */
  readonly overlaps: readonly string[]
  readonly isInOrder: boolean
  /** In words. */
  readonly figures: string
}

/** Members in this process and in others, and records that flow all the time. */
export class Scene {
  readonly events: MemberEvent[] = []
  readonly topic = `faults.${randomUUID()}`
  readonly group = `faults-${randomUUID()}`
  readonly kafka: KafkaServers
  readonly cluster: KafkaCluster
  readonly #members: ConsumingMember[] = []
  appends: BackgroundAppends | undefined

  get #acknowledged(): ReadonlySet<string> {
    return this.appends?.acknowledged ?? new Set()
  }

  constructor(kafka: KafkaServers, cluster: KafkaCluster) {
    this.kafka = kafka
    this.cluster = cluster
  }

  async begin(...names: readonly string[]): Promise<void> {
    await this.cluster.admin.createTopic({ topic: this.topic, partitions: PARTITIONS })
    for (const name of names) await this.join(name)
    this.appends = new BackgroundAppends(this.cluster, this.topic, PARTITIONS)
  }

  async join(name: string): Promise<ConsumingMember> {
    const member = new ConsumingMember(this.cluster, name, event => this.events.push(event))
    await member.join(this.group, [this.topic])
    this.#members.push(member)
    return member
  }

  spawn(name: string, instanceId?: string): NodeProcess {
    const args = [this.kafka.bootstrapServers, this.group, this.topic, name, `${SESSION_MS}`]
    return spawnNode(MEMBER_PROCESS, instanceId === undefined ? args : [...args, instanceId])
  }

  /** Everything told so far, also by other processes. */
  all(...children: readonly NodeProcess[]): readonly MemberEvent[] {
    const told = children.flatMap(({ lines }) =>
      lines.filter(line => line.startsWith('{')).map((line): MemberEvent => JSON.parse(line)),
    )
    return [...this.events, ...told]
  }

  /** Partitions that a member has now, by what it told. */
  held(member: string, events: readonly MemberEvent[] = this.events): readonly string[] {
    const held = new Set<string>()
    for (const { what, partition } of events.filter(event => event.member === member)) {
      if (what === 'assigned') held.add(partition)
      if (what === 'released' || what === 'lost') held.delete(partition)
    }
    return [...held]
  }

  count(what: MemberEvent['what']): number {
    return this.events.filter(event => event.what === what).length
  }

  /** Until a good many records more are acknowledged: there are leaders and a coordinator again. */
  async moreAppends(): Promise<void> {
    const enough = this.#acknowledged.size + 100
    await eventually(() => {
      if (this.#acknowledged.size < enough) throw new Error('too few records are acknowledged')
    }, FAIL_OVER_MS)
  }

  /** No more appends; what became of those that were acknowledged, when all of them were consumed or it takes too long. */
  async verdict(still: Stillness = {}, ...children: readonly NodeProcess[]): Promise<Verdict> {
    await this.appends?.stop()
    const judge = () => compare(this.all(...children), this.#acknowledged)
    await eventually(() => {
      if (judge().lost.length > 0) throw new Error('not all is consumed')
    }, FAIL_OVER_MS).catch(() => undefined) // Then the verdict says what is lost.
    const { lost, duplicates, isInOrder } = judge()
    const figures = `${this.#acknowledged.size} acknowledged, ${lost.length} lost, ${duplicates} consumed twice, ${this.count('lost')} partitions lost`
    return { lost, isInOrder, overlaps: overlaps(this.all(...children), still), figures }
  }

  async end(): Promise<void> {
    await this.appends?.stop()
    for (const { membership } of this.#members) await membership?.leave(AbortSignal.timeout(10_000))
  }
}

/** The broker that coordinates the group, as Kafka's own tool sees it. */
export async function coordinatorOf({ kafka, group }: Scene): Promise<number> {
  const args = ['--bootstrap-server', kafka.bootstrapServers, '--describe', '--state', '--group', group]
  const said = await kafkaTool('org.apache.kafka.tools.consumer.group.ConsumerGroupCommand', args)
  const id = /:\d+\s+\((\d+)\)/.exec(said)?.[1]
  if (id === undefined) throw new Error(`no coordinator in ${said}`)
  return Number(id)
}
