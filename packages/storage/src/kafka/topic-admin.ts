import {
  ConfigResourceTypes,
  createPartitionsV3,
  createTopicsV7,
  deleteTopicsV6,
  describeConfigsV4,
  metadataV10,
} from '@platformatic/kafka'
import { StorageError } from '../errors.ts'
import type { TopicDescription, TopicReplication, TopicSpec } from '../port/admin.ts'
import { checkPartitionCount, checkTopicSpec } from '../topic-spec.ts'
import type { KafkaClient, RequestKind } from './kafka-client.ts'
import { codeName, errorOfCode, NO_ERROR } from './kafka-errors.ts'
import { offsetsOf } from './list-offsets.ts'
import type { TopicMetadata } from './metadata.ts'

const CHANGE_TIMEOUT_MS = 15_000
/** How long the brokers may take until they lead all partitions of a new topic. */
const OPENING_MS = 60_000
const LARGEST_SEGMENT_BYTES = 1024 ** 3
/** How many segments a topic with a limit by size is made of. */
const SEGMENTS = 4
/** The cluster's own default. */
const DEFAULT_REPLICATION = -1
/** Kafka's word for "no limit". */
const UNLIMITED = '-1'
const APPEND_TIME = 'LogAppendTime'
/**
 * How long records of a table with append time stay as they are before the cleaner may take replaced ones away: who
 * follows it closely sees every one of them, such as the mark of an owner that a later owner has replaced. Only with append
 * time, as the brokers measure it by the records' own.
 */
const COMPACTION_LAG_MS = 60_000
const DESCRIBED = [
  'cleanup.policy',
  'delete.retention.ms',
  'message.timestamp.type',
  'min.compaction.lag.ms',
  'min.insync.replicas',
  'retention.bytes',
  'retention.ms',
  'unclean.leader.election.enable',
]

/**
 * Topics of a Kafka cluster. Only topics that are created here get settings of ours; existing ones are never altered but
 * for their number of partitions when that is asked for.
 */
export class TopicAdmin {
  readonly #client: KafkaClient

  constructor(client: KafkaClient) {
    this.#client = client
  }

  async create(spec: TopicSpec): Promise<TopicDescription> {
    const { topic, partitions } = spec
    checkTopicSpec(spec)
    const request = {
      name: topic,
      numPartitions: partitions,
      replicationFactor: this.#client.settings.topicDefaults.replicationFactor ?? DEFAULT_REPLICATION,
      assignments: [],
      configs: configsOf(spec, this.#client),
    }
    const what = `create topic ${topic}`
    const sent = countSent(createTopicsV7.api)
    await this.#client.persist(what, async () => {
      const { topics } = await this.#client.callAny(sent, [request], CHANGE_TIMEOUT_MS, false)
      const { errorCode = NO_ERROR, errorMessage } = topics[0] ?? {}
      // An answer that got lost may have been "done".
      if (sent.count > 1 && codeName(errorCode) === 'TOPIC_ALREADY_EXISTS') return
      if (errorCode !== NO_ERROR) throw errorOfCode(errorCode, what, errorMessage)
    })
    await this.#untilKnownEverywhere(topic, partitions)
    return this.#require(topic)
  }

  async setPartitionCount(topic: string, partitions: number): Promise<void> {
    const { partitions: before } = await this.#current(topic)
    checkPartitionCount(topic, partitions)
    if (partitions < before.length) {
      throw new StorageError('invalid', `topic ${topic} has ${before.length} partitions; they can only grow`)
    }
    if (partitions === before.length) return
    const what = `add partitions to topic ${topic}`
    await this.#client.persist(what, async () => {
      if ((await this.#current(topic)).partitions.length >= partitions) return
      const request = { name: topic, count: partitions, assignments: null }
      const { results } = await this.#client.callAny(
        createPartitionsV3.api,
        [request],
        CHANGE_TIMEOUT_MS,
        false,
      )
      const { errorCode = NO_ERROR, errorMessage } = results[0] ?? {}
      if (errorCode !== NO_ERROR) throw errorOfCode(errorCode, what, errorMessage)
    })
    await this.#untilKnownEverywhere(topic, partitions)
  }

  async delete(topic: string): Promise<void> {
    const { topicId } = await this.#current(topic)
    const what = `delete topic ${topic}`
    const sent = countSent(deleteTopicsV6.api)
    await this.#client.persist(what, async () => {
      const { responses } = await this.#client.callAny(sent, [{ name: topic }], CHANGE_TIMEOUT_MS)
      const { errorCode = NO_ERROR, errorMessage } = responses[0] ?? {}
      if (sent.count > 1 && codeName(errorCode) === 'UNKNOWN_TOPIC_OR_PARTITION') return
      if (errorCode !== NO_ERROR) throw errorOfCode(errorCode, what, errorMessage)
    })
    await this.#client.persist(what, async () => {
      this.#client.metadata.forget(topic)
      await this.#client.metadata.refresh([topic])
      if (this.#client.metadata.cached(topic)?.topicId === topicId) {
        throw new StorageError('retriable', `${what}: it is still there`)
      }
    })
  }

  async list(): Promise<readonly string[]> {
    const { topics } = await this.#client.persist('list topics', () =>
      this.#client.callAny(metadataV10.api, null, false, false, false),
    )
    return topics
      .filter(({ isInternal, errorCode }) => !isInternal && errorCode === NO_ERROR)
      .map(({ name }) => name ?? '')
      .toSorted()
  }

  async describe(topic: string): Promise<TopicDescription | undefined> {
    try {
      return await this.#require(topic)
    } catch (thrown) {
      if (thrown instanceof StorageError && thrown.kind === 'unknownTopic') return undefined
      throw thrown
    }
  }

  async #require(topic: string): Promise<TopicDescription> {
    const { topicId, partitionIds, partitions } = await this.#current(topic)
    const configs = await topicConfigs(this.#client, topic, DESCRIBED)
    const policies = (configs.get('cleanup.policy') ?? '').split(',').map(policy => policy.trim())
    const compacted = policies.includes('compact')
    const retentionMs = limit(configs.get('retention.ms'))
    const retentionBytes = limit(configs.get('retention.bytes'))
    return {
      topic,
      topicId,
      partitions: partitionIds.length,
      partitionIds,
      compacted,
      appendTime: configs.get('message.timestamp.type') === APPEND_TIME,
      deletes: policies.includes('delete'),
      ...(compacted && {
        tombstoneRetentionMs: Number(configs.get('delete.retention.ms')),
        compactionLagMs: Number(configs.get('min.compaction.lag.ms')),
      }),
      ...(retentionMs === undefined ? {} : { retentionMs }),
      ...(retentionBytes === undefined ? {} : { retentionBytes }),
      replication: replicationOf(
        partitions.map(({ replicas }) => replicas.length),
        configs,
      ),
    }
  }

  /** As it is now, not as it was remembered. */
  async #current(topic: string): Promise<TopicMetadata> {
    return this.#client.persist(`topic ${topic}`, async () => {
      await this.#client.metadata.refresh([topic])
      return this.#client.metadata.topic(topic)
    })
  }

  /** Brokers learn of a change one after the other; whoever asks next shall not be told that it is missing. */
  async #untilKnownEverywhere(topic: string, partitions: number): Promise<void> {
    await this.#client.persist(`topic ${topic}`, async () => {
      await this.#client.metadata.refresh([topic])
      const nodes = [...this.#client.metadata.nodes.keys()]
      const answers = await Promise.all(
        nodes.map(node => this.#client.callNode(node, metadataV10.api, [topic], false, false, false)),
      )
      for (const { topics } of answers) {
        const led = topics[0]?.partitions.filter(({ leaderId }) => leaderId >= 0) ?? []
        if (led.length < partitions)
          throw new StorageError('retriable', `topic ${topic} has not all its leaders yet`)
      }
      await this.#client.metadata.refresh([topic])
    })
    // Being named the leader comes before leading: a broker opens the logs one after the other.
    await offsetsOf(this.#client, topic, 'latest', OPENING_MS)
  }
}

/** Settings of a topic as they are in force, those that were asked for. */
export async function topicConfigs(
  client: KafkaClient,
  topic: string,
  names: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const what = `settings of topic ${topic}`
  return client.persist(what, async () => {
    const { results } = await client.callAny(
      describeConfigsV4.api,
      [{ resourceType: ConfigResourceTypes.TOPIC, resourceName: topic, configurationKeys: [...names] }],
      false,
      false,
    )
    const [result] = results
    if (result === undefined) throw new StorageError('retriable', `${what}: no answer`)
    if (result.errorCode !== NO_ERROR) throw errorOfCode(result.errorCode, what, result.errorMessage)
    return new Map(result.configs.map(({ name, value }) => [name, value ?? '']))
  })
}

function configsOf(spec: TopicSpec, client: KafkaClient): createTopicsV7.CreateTopicsRequestTopicConfig[] {
  const defaults = client.settings.topicDefaults
  const { maxMessageBytes, minInsyncReplicas } = defaults
  const { compacted = false, appendTime = false, retentionMs, retentionBytes } = spec
  const tombstoneRetentionMs = spec.tombstoneRetentionMs ?? defaults.tombstoneRetentionMs
  const wanted = {
    'max.message.bytes': maxMessageBytes,
    'min.insync.replicas': minInsyncReplicas,
    'cleanup.policy': compacted ? 'compact' : undefined,
    'delete.retention.ms': compacted ? tombstoneRetentionMs : undefined,
    'min.compaction.lag.ms': compacted && appendTime ? COMPACTION_LAG_MS : undefined,
    'message.timestamp.type': appendTime ? APPEND_TIME : undefined,
    'retention.ms': retentionMs,
    'retention.bytes': retentionBytes,
    'segment.bytes': segmentBytes(retentionBytes, maxMessageBytes),
  }
  return Object.entries(wanted).flatMap(([name, value]) =>
    value === undefined ? [] : [{ name, value: `${value}` }],
  )
}

/** Kafka deletes whole segments, of 1 GiB by default, which a limit by size must not be at the mercy of. */
function segmentBytes(retentionBytes: number | undefined, maxMessageBytes: number): number | undefined {
  if (retentionBytes === undefined) return undefined
  return Math.min(LARGEST_SEGMENT_BYTES, Math.max(maxMessageBytes, Math.ceil(retentionBytes / SEGMENTS)))
}

function limit(value: string | undefined): number | undefined {
  return value === undefined || value === '' || value === UNLIMITED ? undefined : Number(value)
}

/** Of a topic whose partitions have so many replicas each. */
export function replicationOf(
  replicas: readonly number[],
  configs: ReadonlyMap<string, string>,
): TopicReplication {
  return {
    factor: Math.min(...replicas),
    minInsync: Number(configs.get('min.insync.replicas')),
    uncleanElection: configs.get('unclean.leader.election.enable') === 'true',
  }
}

/** A request that knows how often it was sent, to whichever broker. */
function countSent<Args extends unknown[], Answer>(
  api: RequestKind<Args, Answer>,
): RequestKind<Args, Answer> & { readonly count: number } {
  let count = 0
  return {
    get count(): number {
      return count
    },
    async(...sent) {
      count++
      return api.async(...sent)
    },
  }
}
