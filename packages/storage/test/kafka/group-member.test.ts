import { randomUUID } from 'node:crypto'
import type { AssignedPartition, AssignmentListener, Membership, TopicPartition } from '@ddmq/storage'
import type { KafkaCluster } from '@ddmq/storage/kafka'
import { eventually, type KafkaServers, kafkaMissing, kafkaTool, spawnNode, startKafka } from '@ddmq/testkit'
import { Kafka, logLevel } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newMember } from '../../src/kafka/groups.ts'
import { CutOffClient, type Fault, NO_COORDINATOR } from './cut-off-client.ts'
import { DoomedMember } from './doomed-member.ts'
import { LONG_SESSION_MS, MEMBER_PROCESS } from './group-scene.ts'
import { kafkaOptions, openKafka } from './kafka-cluster.ts'

/** Short, but longer than a busy machine keeps a process waiting. */
const SHORT_SESSION_MS = 4_000

const missing = kafkaMissing()
const needs = missing === undefined ? '' : ` (needs Kafka 4.x: ${missing})`

/** Does nothing but remember. */
class Member implements AssignmentListener {
  readonly starts: AssignedPartition[] = []
  readonly losses: string[] = []
  membership: Membership | undefined
  onAssigned: () => void = () => undefined
  onRevoked: (partitions: readonly TopicPartition[], deadline: AbortSignal) => Promise<void> = async () =>
    undefined

  async assigned(partitions: readonly AssignedPartition[]): Promise<void> {
    this.starts.push(...partitions)
    this.onAssigned()
  }

  async revoked(partitions: readonly TopicPartition[], deadline: AbortSignal): Promise<void> {
    await this.onRevoked(partitions, deadline)
  }

  lost(partitions: readonly TopicPartition[]): void {
    this.losses.push(...partitions.map(({ partition }) => partition))
  }

  get held(): readonly string[] {
    return (this.membership?.assignment() ?? [])
      .map(({ topic, partition }) => `${topic}/${partition}`)
      .toSorted()
  }

  async commit(topic: string, partition: string, offset: number): Promise<void> {
    await this.membership?.commit([{ topic, partition, offset, metadata: '' }])
  }

  async leave(): Promise<void> {
    await this.membership?.leave(AbortSignal.timeout(10_000))
  }
}

async function joinAs(cluster: KafkaCluster, group: string, ...topics: readonly string[]): Promise<Member> {
  const member = new Member()
  member.membership = await cluster.join(group, topics, member)
  return member
}

// oxlint-disable-next-line max-lines-per-function -- a list of tests
describe.skipIf(missing !== undefined)(`members of a Kafka group${needs}`, () => {
  let kafka: KafkaServers
  /** Two processes, as far as Kafka can see. */
  let one: KafkaCluster
  let two: KafkaCluster

  beforeAll(async () => {
    kafka = await startKafka({ settings: { 'group.min.session.timeout.ms': `${SHORT_SESSION_MS}` } })
    one = await openKafka(kafka.bootstrapServers, { settings: { sessionTimeoutMs: LONG_SESSION_MS } })
    two = await openKafka(kafka.bootstrapServers, { settings: { sessionTimeoutMs: LONG_SESSION_MS } })
  }, 60_000)
  afterAll(async () => {
    await Promise.all([one?.stop(), two?.stop()])
    await kafka?.[Symbol.asyncDispose]()
  })

  async function newTopic(partitions: number): Promise<string> {
    const topic = `members.${randomUUID()}`
    await one.admin.createTopic({ topic, partitions })
    return topic
  }

  /** Returns when a session that began after the call is over, by the clock of the coordinator. */
  async function sessionIsOver(): Promise<void> {
    const group = `clock-${randomUUID()}`
    const args = [kafka.bootstrapServers, group, await newTopic(1), 'clock', `${SHORT_SESSION_MS}`]
    await using child = spawnNode(MEMBER_PROCESS, args)
    await child.waitForLine(/assigned/)
    child.kill('SIGSTOP')
    await eventually(async () => expect(await one.admin.members(group)).toEqual([]), 30_000)
  }

  test('drains for longer than its session, commits what it drains and what it keeps, and loses nothing', async () => {
    const topic = await newTopic(2)
    const group = `members-${randomUUID()}`
    const brief = await openKafka(kafka.bootstrapServers, {
      settings: { sessionTimeoutMs: SHORT_SESSION_MS },
    })
    const first = await joinAs(brief, group, topic)
    await eventually(() => expect(first.held).toHaveLength(2))
    const drained = Promise.withResolvers<void>()
    const asked = Promise.withResolvers<readonly TopicPartition[]>()
    first.onRevoked = async partitions => {
      asked.resolve(partitions)
      await drained.promise
      for (const { partition } of partitions) await first.commit(topic, partition, 5)
    }

    const second = await joinAs(two, group, topic)
    const [moving] = await asked.promise
    await sessionIsOver()
    await first.commit(topic, moving?.partition ?? '', 4)
    await first.commit(topic, moving?.partition === '0' ? '1' : '0', 3)
    const heldMeanwhile = [first.held.length, second.held.length]
    drained.resolve()

    await eventually(() => expect([first.held.length, second.held.length]).toEqual([1, 1]))
    expect(heldMeanwhile).toEqual([2, 0])
    expect(second.starts).toMatchObject([{ committed: { offset: 5 } }])
    expect(first.losses).toEqual([])
    await brief.stop()
    await second.leave()
  })

  /** What the first of two members still had when the second got its partition, and what it had lost by then. */
  async function takenOver(fault: Fault) {
    const topic = await newTopic(2)
    const group = `members-${randomUUID()}`
    const settings = { sessionTimeoutMs: SHORT_SESSION_MS }
    const client = new CutOffClient(kafkaOptions(kafka.bootstrapServers, { settings }))
    const first = new Member()
    const membership = newMember(client, group, { topics: [topic], listener: first })
    first.membership = membership
    await membership.start()
    const second = await joinAs(two, group, topic)
    await eventually(() => expect([first.held.length, second.held.length]).toEqual([1, 1]))
    const taken = Promise.withResolvers<unknown>()
    second.onAssigned = () => taken.resolve({ held: first.held.length, lost: first.losses.length })

    client.cutOff(fault)

    const found = await taken.promise
    client.heal()
    await eventually(() => expect([first.held.length, second.held.length]).toEqual([1, 1]), 30_000)
    await Promise.all([first.leave(), second.leave()])
    await client.close()
    return found
  }

  test('M7 knows that it lost its partitions before another gets them, whatever it hears instead of its coordinator', async () => {
    const found = await Promise.all(
      Object.entries(NO_COORDINATOR).map(async ([said, fault]) => [said, await takenOver(fault)]),
    )

    expect(found).toEqual(Object.keys(NO_COORDINATOR).map(said => [said, { held: 0, lost: 1 }]))
  })

  test('M8 M11 loses nothing by waiting for a member that died as a generation was formed', async () => {
    const topic = await newTopic(3)
    const group = `members-${randomUUID()}`
    const settings = { sessionTimeoutMs: SHORT_SESSION_MS }
    const brief = await openKafka(kafka.bootstrapServers, { settings })
    const survivor = await joinAs(brief, group, topic)
    await eventually(() => expect(survivor.held).toHaveLength(3))
    const client = new CutOffClient(kafkaOptions(kafka.bootstrapServers))
    const doomed = new DoomedMember(client, group, topic, SHORT_SESSION_MS)
    const died = doomed.live()
    await eventually(() => expect(survivor.held).toHaveLength(2))

    doomed.doom()
    const newcomer = await joinAs(two, group, topic)
    await died

    await eventually(() => expect(newcomer.held).toHaveLength(1), 30_000)
    expect({ held: survivor.held.length, losses: survivor.losses }).toEqual({ held: 2, losses: [] })
    await newcomer.leave()
    await brief.stop()
    await client.close()
  })

  test('hands over what is not drained in time, and says that it is lost', async () => {
    const topic = await newTopic(2)
    const group = `members-${randomUUID()}`
    const hasty = await openKafka(kafka.bootstrapServers, { settings: { drainMs: 300 } })
    const first = await joinAs(hasty, group, topic)
    await eventually(() => expect(first.held).toHaveLength(2))
    const given = Promise.withResolvers<AbortSignal>()
    const never = Promise.withResolvers<void>()
    first.onRevoked = async (_, deadline) => {
      given.resolve(deadline)
      await never.promise
    }

    const second = await joinAs(two, group, topic)

    await eventually(() => expect(second.held).toHaveLength(1))
    expect((await given.promise).aborted).toBe(true)
    expect(first.losses).toHaveLength(1)
    const late = first.commit(topic, first.losses[0] ?? '', 9)
    await expect(late).rejects.toMatchObject({ kind: 'fenced' })
    never.resolve()
    await hasty.stop()
    await second.leave()
  })

  test('hands over at once when it leaves, and when its process stops', async () => {
    const topic = await newTopic(3)
    const group = `members-${randomUUID()}`
    const third = await openKafka(kafka.bootstrapServers, { settings: { sessionTimeoutMs: LONG_SESSION_MS } })
    const members = [
      await joinAs(one, group, topic),
      await joinAs(two, group, topic),
      await joinAs(third, group, topic),
    ]
    await eventually(() => expect(members.map(({ held }) => held.length)).toEqual([1, 1, 1]))

    await members[0]?.leave()
    await eventually(() =>
      expect(members.map(({ held }) => held.length).toSorted((a, b) => a - b)).toEqual([0, 1, 2]),
    )
    await third.stop()

    await eventually(() => expect(members[1]?.held).toHaveLength(3))
    expect(members[2]?.losses.length).toBeGreaterThan(0)
    await members[1]?.leave()
  })

  test('gives members that want different topics what they want, and all of it', async () => {
    const [left, both, right] = [await newTopic(2), await newTopic(4), await newTopic(2)]
    const group = `members-${randomUUID()}`

    const first = await joinAs(one, group, left, both)
    const second = await joinAs(two, group, both, right)

    await eventually(() => expect([first.held.length, second.held.length]).toEqual([4, 4]))
    expect(first.held.filter(name => name.startsWith(left))).toHaveLength(2)
    expect(second.held.filter(name => name.startsWith(right))).toHaveLength(2)
    await Promise.all([first.leave(), second.leave()])
  })

  test('positions set from outside come after every commit of the members', async () => {
    const topic = await newTopic(4)
    const group = `members-${randomUUID()}`
    const members = [await joinAs(one, group, topic), await joinAs(two, group, topic)]
    await eventually(() => expect(members.map(({ held }) => held.length)).toEqual([2, 2]))
    for (const member of members) {
      member.onRevoked = async partitions => {
        for (const { partition } of partitions) await member.commit(topic, partition, 50)
      }
    }
    const before = members.map(({ starts }) => starts.length)
    const offsets = ['0', '1', '2', '3'].map(partition => ({
      topic,
      partition,
      offset: 10,
      metadata: 'reset',
    }))

    await two.admin.setCommitted(group, offsets)

    expect(await one.admin.committed(group)).toEqual(offsets)
    await eventually(() => expect(members.map(({ held }) => held.length)).toEqual([2, 2]))
    const restarts = members.flatMap(({ starts }, index) => starts.slice(before[index]))
    expect(restarts.map(({ committed }) => committed?.offset)).toEqual([10, 10, 10, 10])
    for (const member of members) member.onRevoked = async () => undefined
    await Promise.all(members.map(member => member.leave()))
  })

  test('Kafka’s own tool sees its members, its partitions and the same lag', async () => {
    const topic = await newTopic(2)
    const group = `members-${randomUUID()}`
    const records = ['a', 'b', 'c'].map(text => ({
      key: null,
      value: Buffer.from(text),
      headers: [],
      timestampMs: Date.now(),
    }))
    await one.append([{ topic, partition: '0', records }], { deadlineMs: 10_000 })
    const member = await joinAs(one, group, topic)
    await eventually(() => expect(member.held).toHaveLength(2))
    await member.commit(topic, '0', 1)
    await member.commit(topic, '1', 0)

    const args = ['--bootstrap-server', kafka.bootstrapServers, '--describe', '--group', group]
    const said = await kafkaTool('org.apache.kafka.tools.consumer.group.ConsumerGroupCommand', args)

    const rows = said.split('\n').filter(line => line.startsWith(group))
    const seen = rows.map(row => row.split(/\s+/)).toSorted((a, b) => Number(a[2]) - Number(b[2]))
    const lag = await one.admin.lag(group, topic)
    const ours = lag.map(({ partition, committedOffset, endOffset, lag: behind }) =>
      [group, topic, partition, committedOffset, endOffset, behind, member.membership?.memberId].map(String),
    )
    expect(seen.map(row => row.slice(0, 7))).toEqual(ours)
    expect(ours.map(row => row[5])).toEqual(['2', '0'])
    await member.leave()
  })

  test('says why it cannot share a group with consumers of another kind', async () => {
    const topic = await newTopic(1)
    const group = `members-${randomUUID()}`
    const kafkajs = new Kafka({ brokers: [kafka.bootstrapServers], logLevel: logLevel.NOTHING })
    const other = kafkajs.consumer({ groupId: group })
    await other.connect()
    await other.subscribe({ topic })
    await other.run({ eachMessage: async () => undefined })
    await eventually(async () => expect(await one.admin.members(group)).toHaveLength(1))

    const refused = joinAs(one, group, topic)

    await expect(refused).rejects.toMatchObject({
      kind: 'invalid',
      message: expect.stringMatching(/INCONSISTENT_GROUP_PROTOCOL/),
    })
    await other.disconnect()
  })

  test('goes on under another name when a second process takes its static one', async () => {
    const topic = await newTopic(2)
    const group = `members-${randomUUID()}`
    const settings = { sessionTimeoutMs: LONG_SESSION_MS, groupInstanceId: `instance-${randomUUID()}` }
    const clusters = [
      await openKafka(kafka.bootstrapServers, { settings }),
      await openKafka(kafka.bootstrapServers, { settings }),
    ]
    const members: Member[] = []
    for (const cluster of clusters) {
      const member = await joinAs(cluster, group, topic)
      members.push(member)
      await eventually(() => expect(member.held.length).toBeGreaterThan(0))
    }

    await eventually(() => expect(members.map(({ held }) => held.length)).toEqual([1, 1]))
    expect(members[0]?.losses).toEqual(['0', '1'])
    await Promise.all(clusters.map(cluster => cluster.stop()))
  })
})
