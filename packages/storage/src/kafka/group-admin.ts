import {
  deleteGroupsV2,
  describeGroupsV5,
  listGroupsV4,
  offsetCommitV8,
  offsetFetchV8,
} from '@platformatic/kafka'
import { StorageError } from '../errors.ts'
import type { GroupLag, GroupMember } from '../port/admin.ts'
import type { CommittedOffset } from '../port/membership.ts'
import { checkHolderName } from '../port/names.ts'
import { decodeAssignment } from './consumer-protocol.ts'
import { touchGroup } from './groups.ts'
import { IdleGroups } from './idle-groups.ts'
import type { KafkaClient } from './kafka-client.ts'
import { codeName, errorOfCode, isStaleCoordinator, NO_ERROR } from './kafka-errors.ts'
import { offsetsOf } from './list-offsets.ts'
import { setCommittedOfLiveGroup } from './live-reset.ts'

const NO_GENERATION = -1
const NO_MEMBER = ''
const ANY_EPOCH = -1
const DEAD = 'Dead'
/** Offsets of a transaction that is still open are waited for, so that no old ones are taken for the truth. */
const REQUIRE_STABLE = true

/** Groups of a Kafka cluster, seen from outside. */
export class GroupAdmin {
  /** Their positions are kept. */
  readonly idle: IdleGroups
  readonly #client: KafkaClient

  constructor(client: KafkaClient) {
    this.#client = client
    this.idle = new IdleGroups(client, {
      idleTopics: group => this.#idleTopics(group),
      touch: (group, topics) => touchGroup(client, group, topics),
    })
  }

  /** Each broker lists the groups that it coordinates. */
  async list(): Promise<readonly string[]> {
    return this.#client.persist('list groups', async () => {
      await this.#client.metadata.refresh()
      const nodes = [...this.#client.metadata.nodes.keys()]
      const answers = await Promise.all(
        nodes.map(node => this.#client.callNode(node, listGroupsV4.api, [], [])),
      )
      for (const { errorCode } of answers)
        if (errorCode !== NO_ERROR) throw errorOfCode(errorCode, 'list groups')
      const names = answers.flatMap(({ groups }) => groups.map(({ groupId }) => groupId))
      return [...new Set(names)].toSorted()
    })
  }

  async committed(group: string, topic?: string): Promise<readonly CommittedOffset[]> {
    return this.#ask(group, 'committed offsets', async () => {
      const asked = topic === undefined ? null : await this.#allPartitions(topic)
      const { groups } = await this.#client.callCoordinator(
        { kind: 'group', key: group },
        offsetFetchV8.api,
        [{ groupId: group, memberId: null, memberEpoch: -1, topics: asked }],
        REQUIRE_STABLE,
      )
      const [found] = groups
      this.#check(group, found?.errorCode, 'committed offsets')
      const offsets: CommittedOffset[] = []
      for (const { name, partitions } of found?.topics ?? []) {
        for (const { partitionIndex, committedOffset, metadata, errorCode } of partitions) {
          this.#check(group, errorCode, `offset of topic ${name} partition ${partitionIndex}`)
          if (committedOffset < 0n) continue
          const offset = Number(committedOffset)
          offsets.push({ topic: name, partition: `${partitionIndex}`, offset, metadata: metadata ?? '' })
        }
      }
      return offsets.toSorted(byPartition)
    })
  }

  async setCommitted(group: string, offsets: readonly CommittedOffset[]): Promise<void> {
    checkHolderName('group', group)
    for (const { topic, partition } of offsets) await this.#client.metadata.topicWith(topic, partition)
    const found = await this.#describe(group)
    if (found !== undefined && found.members.length > 0) {
      await setCommittedOfLiveGroup(this.#client, group, offsets)
    } else await this.#setIdle(group, offsets, found?.protocolType ?? '')
    this.idle.keep(group)
  }

  async #setIdle(group: string, offsets: readonly CommittedOffset[], protocolType: string): Promise<void> {
    try {
      await this.#commitIdle(group, offsets)
    } catch (thrown) {
      if (!(thrown instanceof StorageError) || thrown.kind !== 'fenced') throw thrown
      // Somebody has joined meanwhile.
      await setCommittedOfLiveGroup(this.#client, group, offsets)
      return
    }
    // What is set in a group that had members lives no longer than what it had (`idle-groups.ts`).
    if (protocolType !== '') await this.#touch(group)
  }

  async #touch(group: string): Promise<void> {
    const topics = await this.#idleTopics(group)
    if (topics !== undefined && topics.length > 0) await touchGroup(this.#client, group, topics)
  }

  async #idleTopics(group: string): Promise<readonly string[] | undefined> {
    const found = await this.#describe(group)
    // Of a group of another protocol (KIP-848) the brokers say DEAD here, whatever members it has.
    if (found === undefined || found.groupState === DEAD) return []
    if (found.members.length > 0) return undefined
    return [...new Set((await this.committed(group)).map(({ topic }) => topic))]
  }

  async #commitIdle(group: string, offsets: readonly CommittedOffset[]): Promise<void> {
    await this.#ask(group, 'set offsets', async () => {
      const { topics } = await this.#client.callCoordinator(
        { kind: 'group', key: group },
        offsetCommitV8.api,
        group,
        NO_GENERATION,
        NO_MEMBER,
        null,
        toCommitTopics(offsets),
      )
      for (const { name, partitions } of topics) {
        for (const { partitionIndex, errorCode } of partitions) {
          this.#check(group, errorCode, `offset of topic ${name} partition ${partitionIndex}`)
        }
      }
    })
  }

  async lag(group: string, topic: string): Promise<readonly GroupLag[]> {
    const [starts, ends, committed] = await Promise.all([
      offsetsOf(this.#client, topic, 'earliest'),
      offsetsOf(this.#client, topic, 'latest'),
      this.committed(group, topic),
    ])
    if (committed.length > 0) this.idle.keep(group)
    const committedOf = new Map(committed.map(({ partition, offset }) => [partition, offset]))
    const startOf = new Map(starts.map(({ partition, offset }) => [partition, offset]))
    return ends.map(({ partition, offset: endOffset }) => {
      const committedOffset = committedOf.get(partition) ?? -1
      const lag = Math.max(0, endOffset - Math.max(committedOffset, startOf.get(partition) ?? 0))
      return { topic, partition, committedOffset, endOffset, lag }
    })
  }

  async delete(group: string): Promise<void> {
    this.idle.forget(group)
    await this.#ask(group, 'delete', async () => {
      const { results } = await this.#client.callCoordinator(
        { kind: 'group', key: group },
        deleteGroupsV2.api,
        [group],
      )
      const code = results[0]?.errorCode
      const name = codeName(code ?? NO_ERROR)
      if (name === 'NON_EMPTY_GROUP') throw new StorageError('invalid', `group ${group} has members`)
      if (name !== 'GROUP_ID_NOT_FOUND') this.#check(group, code, 'delete')
    })
  }

  async members(group: string): Promise<readonly GroupMember[]> {
    const members = (await this.#describe(group))?.members ?? []
    return members.map(({ memberId, memberAssignment }) => ({
      memberId,
      assignment: decodeAssignment(memberAssignment),
    }))
  }

  async #describe(group: string) {
    return this.#ask(group, 'members', async () => {
      const { groups } = await this.#client.callCoordinator(
        { kind: 'group', key: group },
        describeGroupsV5.api,
        [group],
        false,
      )
      const [found] = groups
      if (codeName(found?.errorCode ?? NO_ERROR) === 'GROUP_ID_NOT_FOUND') return undefined
      this.#check(group, found?.errorCode, 'members')
      return found
    })
  }

  async #allPartitions(topic: string) {
    const { partitions } = await this.#client.metadata.topic(topic)
    return [{ name: topic, partitionIndexes: partitions.map(({ index }) => index) }]
  }

  #ask<Value>(group: string, what: string, attempt: () => Promise<Value>): Promise<Value> {
    return this.#client.persist(`group ${group}: ${what}`, attempt)
  }

  #check(group: string, code: number | undefined, what: string): void {
    if (code === undefined || code === NO_ERROR) return
    if (isStaleCoordinator(code)) this.#client.forgetCoordinator('group', group)
    throw errorOfCode(code, `group ${group}: ${what}`)
  }
}

/** Offsets in the form of a commit request. */
export function toCommitTopics(offsets: readonly CommittedOffset[]) {
  const byTopic = Map.groupBy(offsets, ({ topic }) => topic)
  return Array.from(byTopic, ([name, ofTopic]) => ({
    name,
    partitions: ofTopic.map(({ partition, offset, metadata }) => ({
      partitionIndex: Number(partition),
      committedOffset: BigInt(offset),
      committedLeaderEpoch: ANY_EPOCH,
      committedMetadata: metadata,
    })),
  }))
}

function byPartition(a: CommittedOffset, b: CommittedOffset): number {
  if (a.topic !== b.topic) return a.topic < b.topic ? -1 : 1
  return Number(a.partition) - Number(b.partition)
}
