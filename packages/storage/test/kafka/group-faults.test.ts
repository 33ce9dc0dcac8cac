import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { KafkaCluster } from '@ddmq/storage/kafka'
import {
  eventually,
  faultRounds,
  type KafkaServers,
  kafkaMissing,
  kafkaTool,
  type NodeProcess,
  spawnNode,
  startKafka,
} from '@ddmq/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { BackgroundAppends } from './background-appends.ts'
import { ConsumingMember } from './consuming-member.ts'
import { openKafka } from './kafka-cluster.ts'
import { compare, type MemberEvent, overlaps, type Stillness } from './member-events.ts'

const SESSION_MS = 3_000
const PARTITIONS = 6
const FAIL_OVER_MS = 60_000

const missing = kafkaMissing()
const title =
  missing === undefined ? 'groups on three brokers' : `groups on three brokers (needs Kafka 4.x: ${missing})`

/** Members in this process and in others, and records that flow all the time. */
class Scene {
  readonly events: MemberEvent[] = []
  readonly topic = `faults.${randomUUID()}`
  readonly group = `faults-${randomUUID()}`
  readonly kafka: KafkaServers
  readonly cluster: KafkaCluster
  readonly #members: ConsumingMember[] = []
  appends: BackgroundAppends | undefined

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
    const file = join(import.meta.dirname, 'member-process.ts')
    const args = [this.kafka.bootstrapServers, this.group, this.topic, name, `${SESSION_MS}`]
    return spawnNode(file, instanceId === undefined ? args : [...args, instanceId])
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
    const before = this.appends?.acknowledged.size ?? 0
    await eventually(
      () => expect(this.appends?.acknowledged.size).toBeGreaterThan(before + 100),
      FAIL_OVER_MS,
    )
  }

  /** No more appends; everything that was acknowledged is consumed, in order, by one member at a time. */
  async check(still: Stillness = {}, ...children: readonly NodeProcess[]): Promise<string> {
    await this.appends?.stop()
    const acknowledged = this.appends?.acknowledged ?? new Set()
    expect(acknowledged.size).toBeGreaterThan(0)
    await eventually(
      () => expect(compare(this.all(...children), acknowledged).lost).toEqual([]),
      FAIL_OVER_MS,
    )
    const events = this.all(...children)
    const { duplicates, isInOrder } = compare(events, acknowledged)
    expect(overlaps(events, still)).toEqual([])
    expect(isInOrder).toBe(true)
    return `${acknowledged.size} acknowledged, 0 lost, ${duplicates} consumed twice`
  }

  async end(): Promise<void> {
    await this.appends?.stop()
    await Promise.all(this.#members.map(member => member.membership?.leave(AbortSignal.timeout(10_000))))
  }
}

/** The broker that coordinates the group, as Kafka's own tool sees it. */
async function coordinatorOf({ kafka, group }: Scene): Promise<number> {
  const args = ['--bootstrap-server', kafka.bootstrapServers, '--describe', '--state', '--group', group]
  const said = await kafkaTool('org.apache.kafka.tools.consumer.group.ConsumerGroupCommand', args)
  const id = /:\d+\s+\((\d+)\)/.exec(said)?.[1]
  if (id === undefined) throw new Error(`no coordinator in ${said}`)
  return Number(id)
}

describe.skipIf(missing !== undefined)(title, () => {
  let kafka: KafkaServers
  let cluster: KafkaCluster

  beforeAll(async () => {
    kafka = await startKafka({ brokers: 3, settings: { 'group.min.session.timeout.ms': '1000' } })
    cluster = await openKafka(kafka.bootstrapServers, { settings: { sessionTimeoutMs: SESSION_MS } })
  }, 120_000)
  afterAll(async () => {
    await cluster?.stop()
    await kafka?.[Symbol.asyncDispose]()
  })

  /** Two members in this process with three partitions each, and records that flow. */
  async function twoMembers(): Promise<Scene> {
    const scene = new Scene(kafka, cluster)
    await scene.begin('a', 'b')
    await eventually(() => expect([scene.held('a').length, scene.held('b').length]).toEqual([3, 3]), 30_000)
    return scene
  }

  test('keeps what it has over kill −9 of the coordinator and its return', async () => {
    for (let round = 0; round < faultRounds(1, 5); round++) {
      const scene = await twoMembers()
      const victim = await coordinatorOf(scene)

      await kafka.broker(victim).kill()
      await scene.moreAppends()
      await kafka.start()

      report(`coordinator killed: ${await scene.check()}, ${scene.count('lost')} partitions lost`)
      await scene.end()
    }
  }, 300_000)

  test('goes on with another coordinator when its own stops in good order', async () => {
    const scene = await twoMembers()
    const leaving = await coordinatorOf(scene)

    await kafka.broker(leaving).stop()
    await scene.moreAppends()
    await kafka.start()

    report(`coordinator moved: ${await scene.check()}, ${scene.count('lost')} partitions lost`)
    await scene.end()
  }, 300_000)

  test('goes on after the coordinator was frozen', async () => {
    const scene = await twoMembers()
    const victim = await coordinatorOf(scene)

    kafka.broker(victim).freeze()
    await scene.moreAppends()
    kafka.broker(victim).thaw()

    report(`coordinator frozen: ${await scene.check()}, ${scene.count('lost')} partitions lost`)
    await scene.end()
  }, 300_000)

  test('goes on when all brokers come back', async () => {
    const scene = await twoMembers()

    await kafka.kill()
    await kafka.start()
    await scene.moreAppends()

    report(`all brokers killed: ${await scene.check()}, ${scene.count('lost')} partitions lost`)
    await scene.end()
  }, 300_000)

  test('takes over from a member that is killed', async () => {
    for (let round = 0; round < faultRounds(3, 10); round++) {
      const scene = new Scene(kafka, cluster)
      await scene.begin('survivor')
      await using child = scene.spawn('victim')
      await eventually(() => expect(scene.held('victim', scene.all(child))).toHaveLength(3), 30_000)

      child.kill('SIGKILL')
      const killedMs = Date.now()
      await eventually(() => expect(scene.held('survivor')).toHaveLength(PARTITIONS), FAIL_OVER_MS)

      const tookMs = (scene.events.findLast(({ what }) => what === 'assigned')?.atMs ?? 0) - killedMs
      const said = await scene.check({ victim: { fromMs: killedMs } }, child)
      report(`member killed: ${said}; taken over after ${tookMs} ms, session ${SESSION_MS} ms`)
      await scene.end()
    }
  }, 300_000)

  test('a member that was frozen past its session loses what it had, and joins anew', async () => {
    for (let round = 0; round < faultRounds(3, 10); round++) {
      const scene = new Scene(kafka, cluster)
      await scene.begin('survivor')
      await using child = scene.spawn('zombie')
      const told = (what: MemberEvent['what']) =>
        scene.all(child).filter(event => event.member === 'zombie' && event.what === what).length
      await eventually(() => expect(told('assigned')).toBe(3), 30_000)

      child.kill('SIGSTOP')
      const fromMs = Date.now()
      await eventually(() => expect(scene.held('survivor')).toHaveLength(PARTITIONS), FAIL_OVER_MS)
      const untilMs = Date.now()
      child.kill('SIGCONT')

      await eventually(() => expect(told('lost')).toBe(3), 30_000)
      await eventually(() => expect(told('assigned')).toBe(6), 30_000)
      report(`member frozen: ${await scene.check({ zombie: { fromMs, untilMs } }, child)}`)
      await scene.end()
    }
  }, 300_000)

  test('a static member that is started again within its session has its partitions back, and nobody else moves', async () => {
    const scene = new Scene(kafka, cluster)
    await scene.begin('other')
    await using first = scene.spawn('first', 'static-1')
    await eventually(() => expect(scene.held('first', scene.all(first))).toHaveLength(3), 30_000)
    const before = scene.held('first', scene.all(first))
    const calm = scene.events.filter(({ what }) => what !== 'consumed').length

    first.kill('SIGKILL')
    const fromMs = Date.now()
    await first.exited
    await using second = scene.spawn('second', 'static-1')
    await eventually(() => expect(scene.held('second', scene.all(second))).toHaveLength(3), 30_000)

    expect(scene.held('second', scene.all(second)).toSorted()).toEqual(before.toSorted())
    expect(scene.events.filter(({ what }) => what !== 'consumed')).toHaveLength(calm)
    report(`static member restarted: ${await scene.check({ first: { fromMs } }, first, second)}`)
    await scene.end()
  }, 300_000)
})

function report(line: string): void {
  console.log(line)
}
