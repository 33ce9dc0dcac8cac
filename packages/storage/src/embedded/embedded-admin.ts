import { randomUUID } from 'node:crypto'
import { StorageError } from '../errors.ts'
import type {
  GroupLag,
  GroupMember,
  LogAdmin,
  PartitionOffset,
  TimePoint,
  TopicDescription,
  TopicSpec,
  TransactionSupport,
} from '../port/admin.ts'
import type { CommittedOffset } from '../port/membership.ts'
import { checkHolderName } from '../port/names.ts'
import { checkPartitionCount, checkTopicSpec } from '../topic-spec.ts'
import { offsetAtTime } from './block-search.ts'
import type { Engine } from './engine.ts'
import { metaKey, TOPIC_KINDS, topicKey, topicRange } from './keys.ts'
import { DEFAULTS, type EmbeddedClusterOptions } from './options.ts'
import type { PartitionLog } from './partition-log.ts'
import { uint32 } from './recovery.ts'
import { commitTask } from './task-job.ts'
import { Topic, type TopicEntry } from './topic.ts'
import { encodeTopicEntry } from './topic-entry.ts'

const PARALLEL_SEARCHES = 16

/** Topics, offsets and groups of the embedded engine. Changes of topics follow each other. */
export class EmbeddedAdmin implements LogAdmin {
  readonly #options: EmbeddedClusterOptions
  readonly #engine: () => Engine
  #changes: Promise<unknown> = Promise.resolve()

  /** `engine` throws `unavailable` while the cluster is not running. */
  constructor(options: EmbeddedClusterOptions, engine: () => Engine) {
    this.#options = options
    this.#engine = engine
  }

  createTopic(spec: TopicSpec): Promise<TopicDescription> {
    return this.#change(async engine => {
      const { state, commits } = engine
      const entry = this.#entryOf(spec)
      if (state.topics.find(spec.topic) !== undefined) {
        throw new StorageError('topicExists', `topic ${spec.topic} exists already`)
      }
      const topicNumber = state.nextTopic
      const topic = new Topic(topicNumber, entry)
      await commitTask(commits, {
        stage: ({ batch }) => {
          batch.put(metaKey('nextTopic'), uint32(topicNumber + 1))
          batch.put(topicKey(topicNumber), encodeTopicEntry(entry))
        },
        committed: () => {
          state.nextTopic = topicNumber + 1
          state.topics.add(topic)
          engine.rebalanceGroups()
        },
      })
      return this.#describe(topic)
    })
  }

  setPartitionCount(topic: string, partitions: number): Promise<void> {
    return this.#change(async engine => {
      const found = engine.state.topics.get(topic)
      checkPartitionCount(topic, partitions)
      if (partitions < found.logs.length) {
        throw new StorageError(
          'invalid',
          `topic ${topic} has ${found.logs.length} partitions; they can only grow`,
        )
      }
      const entry = { ...found.entry, partitions }
      await commitTask(engine.commits, {
        stage: ({ batch }) => batch.put(topicKey(found.number), encodeTopicEntry(entry)),
        committed: () => {
          found.grow(entry)
          engine.rebalanceGroups()
        },
      })
    })
  }

  deleteTopic(topic: string): Promise<void> {
    return this.#change(async engine => {
      const { state, commits, store } = engine
      const found = state.topics.get(topic)
      await commitTask(commits, {
        stage: ({ batch }) => {
          batch.delete(topicKey(found.number))
          for (const kind of TOPIC_KINDS) {
            const { gte, lt } = topicRange(kind, found.number)
            batch.deleteRange(gte, lt)
          }
          state.offsets.stageForgetTopic(batch, found.number)
          found.deleted = true
        },
        committed: () => {
          state.topics.remove(found)
          state.offsets.applyForgetTopic(found.number)
          engine.rebalanceGroups()
        },
        undo: () => {
          found.deleted = false
        },
      })
      // The topic is gone whether or not its disk space comes back at once; the next write-out gives it back.
      await store.flush().catch((err: unknown) => this.#options.log.warn({ err, topic }, 'flush failed'))
    })
  }

  async listTopics(): Promise<readonly string[]> {
    return this.#engine()
      .state.topics.all()
      .map(topic => topic.name)
      .toSorted()
  }

  async describeTopic(topic: string): Promise<TopicDescription | undefined> {
    const found = this.#engine().state.topics.find(topic)
    return found === undefined ? undefined : this.#describe(found)
  }

  async describeTransactions(): Promise<TransactionSupport | undefined> {
    return undefined
  }

  async offsets(topic: string, at: TimePoint): Promise<readonly PartitionOffset[]> {
    const { state, store } = this.#engine()
    const offsetOf = async (log: PartitionLog): Promise<number> => {
      if (at === 'earliest') return log.startOffset
      if (at === 'latest') return log.endOffset
      return offsetAtTime(store, log, at.timeMs)
    }
    const { logs } = state.topics.get(topic)
    const found: PartitionOffset[] = []
    // A search holds a block at a time, so few run side by side.
    for (let index = 0; index < logs.length; index += PARALLEL_SEARCHES) {
      const part = logs.slice(index, index + PARALLEL_SEARCHES)
      const offsets = await Promise.all(part.map(offsetOf))
      found.push(...part.map((log, place) => ({ topic, partition: log.id, offset: offsets[place] ?? 0 })))
    }
    return found
  }

  async listGroups(): Promise<readonly string[]> {
    const engine = this.#engine()
    return [...new Set([...engine.state.offsets.groups(), ...engine.liveGroups().keys()])].toSorted()
  }

  async committed(group: string, topic?: string): Promise<readonly CommittedOffset[]> {
    return this.#engine().state.offsets.list(group, topic)
  }

  async setCommitted(group: string, offsets: readonly CommittedOffset[]): Promise<void> {
    checkHolderName('group', group)
    await this.#engine().group(group).setCommitted(offsets)
  }

  async lag(group: string, topic: string): Promise<readonly GroupLag[]> {
    const { topics, offsets } = this.#engine().state
    return topics.get(topic).logs.map(log => {
      const committedOffset = offsets.get(group, log)?.offset ?? -1
      const from = Math.max(committedOffset, log.startOffset)
      const lag = Math.max(0, log.endOffset - from)
      return { topic, partition: log.id, committedOffset, endOffset: log.endOffset, lag }
    })
  }

  async deleteGroup(group: string): Promise<void> {
    const engine = this.#engine()
    const { offsets } = engine.state
    await commitTask(engine.commits, {
      stage: ({ batch }) => {
        if (engine.liveGroups().has(group)) throw new StorageError('invalid', `group ${group} has members`)
        offsets.stageForget(batch, group)
      },
      committed: () => offsets.applyForget(group),
    })
  }

  async members(group: string): Promise<readonly GroupMember[]> {
    return this.#engine().liveGroups().get(group)?.describe() ?? []
  }

  #entryOf(spec: TopicSpec): TopicEntry {
    checkTopicSpec(spec)
    const { topic, partitions, compacted = false, appendTime = false } = spec
    return {
      topic,
      topicId: randomUUID(),
      partitions,
      compacted,
      appendTime,
      tombstoneRetentionMs: spec.tombstoneRetentionMs ?? null,
      retentionMs: spec.retentionMs ?? this.#options.retentionMs ?? DEFAULTS.retentionMs,
      retentionBytes: spec.retentionBytes ?? this.#options.retentionBytes ?? null,
    }
  }

  #describe(topic: Topic): TopicDescription {
    return topic.describe(this.#options.tombstoneRetentionMs ?? DEFAULTS.tombstoneRetentionMs)
  }

  #change<Value>(work: (engine: Engine) => Promise<Value>): Promise<Value> {
    const result = this.#changes.then(() => work(this.#engine()))
    this.#changes = result.catch(() => undefined) // the caller has the error; the next change does not care
    return result
  }
}
