import { ConfigResourceTypes, describeConfigsV4 } from '@platformatic/kafka'
import { StorageError } from '../errors.ts'
import type { KafkaClient } from './kafka-client.ts'
import { isDenial, NO_ERROR } from './kafka-errors.ts'
import type { TopicMetadata } from './metadata.ts'

/** Below the smallest limit that brokers have by default. */
const DEFAULT_APPEND_BYTES = 1_000_000
/** A topic's own settings may change while it is used. */
const CHECK_AGAIN_MS = 300_000
const TOPICS_AT_A_TIME = 100
/** Smaller ones are not worth a request each; what is larger than the topic allows is refused by the broker. */
const LEAST_APPEND_BYTES = 10_000
const ASKED = ['max.message.bytes', 'min.insync.replicas', 'unclean.leader.election.enable']

interface Seen {
  readonly maxMessageBytes: number
  /** Absent where we may not see it. */
  readonly minInsyncReplicas?: number
  readonly isUnclean: boolean
}

const UNSEEN: Seen = { maxMessageBytes: DEFAULT_APPEND_BYTES, isUnclean: false }

interface Policy {
  readonly topicId: string
  readonly checkedMs: number
  readonly appendBytes: number
  /** Why nothing is written to the topic. */
  readonly refusal: string | undefined
}

/**
 * What the brokers' settings of the topics in use mean for us: how large a batch may be, and whether they are safe.
 *
 * T1 Where the settings demand replicas, nothing is written to a topic before it was looked at (`mustCheck`).
 * T2 A topic that is written to already is written on when it loses them: that is warned of.
 * T3 Nothing of a topic is altered.
 */
export class TopicPolicies {
  readonly #client: KafkaClient
  readonly #policies = new Map<string, Policy>()
  readonly #said = new Map<string, string>()
  readonly #demands: boolean
  #hasSaidBlind = false
  #last: Promise<void> = Promise.resolve()

  constructor(client: KafkaClient) {
    this.#client = client
    const { replicationFactor, minInsyncReplicas } = client.settings.require
    this.#demands = (replicationFactor ?? minInsyncReplicas) !== undefined
  }

  /** At least one record, whatever its size; more only as far as they fit. */
  appendBytes(topic: string): number {
    return this.#policies.get(topic)?.appendBytes ?? DEFAULT_APPEND_BYTES
  }

  refusal(topic: string): string | undefined {
    return this.#policies.get(topic)?.refusal
  }

  /** It must be looked at before it is written to. */
  mustCheck({ name, topicId }: TopicMetadata): boolean {
    return this.#demands && this.#policies.get(name)?.topicId !== topicId
  }

  /** Throws `unavailable` when nothing may be written to the topic. */
  async check(topic: TopicMetadata): Promise<void> {
    const refusal = await this.refusalOf(topic)
    if (refusal !== undefined) throw new StorageError('unavailable', refusal)
  }

  /** Why nothing may be written to the topic, which is looked at first where it must be. */
  async refusalOf(topic: TopicMetadata): Promise<string | undefined> {
    if (this.mustCheck(topic)) await this.update()
    const { name } = topic
    return this.mustCheck(topic) ? `topic ${name} could not be checked yet` : this.refusal(name)
  }

  /** Learns of topics that came into use and, now and then, of all again. One after the other. */
  update(): Promise<void> {
    this.#last = this.#last.catch(() => undefined).then(() => this.#update())
    return this.#last
  }

  async #update(): Promise<void> {
    const { metadata, clock } = this.#client
    const nowMs = clock.monotonicMs()
    const topics = metadata.knownTopics().flatMap(name => metadata.cached(name) ?? [])
    const due = topics.filter(({ name, topicId }) => {
      const known = this.#policies.get(name)
      return known?.topicId !== topicId || nowMs - known.checkedMs > CHECK_AGAIN_MS
    })
    for (let from = 0; from < due.length; from += TOPICS_AT_A_TIME) {
      await this.#check(due.slice(from, from + TOPICS_AT_A_TIME))
    }
  }

  async #check(topics: readonly TopicMetadata[]): Promise<void> {
    const resources = topics.map(({ name }) => ({
      resourceType: ConfigResourceTypes.TOPIC,
      resourceName: name,
      configurationKeys: ASKED,
    }))
    const { results } = await this.#client.callAny(describeConfigsV4.api, resources, false, false)
    const configsOf = new Map(results.map(result => [result.resourceName, result]))
    for (const topic of topics) {
      const result = configsOf.get(topic.name)
      if (result?.errorCode === NO_ERROR) {
        this.#take(topic, safetyOf(new Map(result.configs.map(({ name, value }) => [name, value ?? '']))))
      } else if (isDenial(result?.errorCode ?? NO_ERROR)) {
        this.#cannotSee()
        this.#take(topic, UNSEEN)
      }
    }
  }

  #take(topic: TopicMetadata, seen: Seen): void {
    const { name, topicId } = topic
    const before = this.#policies.get(name)
    const isInUse = before?.topicId === topicId && before.refusal === undefined
    const replicas = Math.min(...topic.partitions.map(partition => partition.replicas.length))
    const missing = this.#missing(replicas, seen)
    const what = `topic ${name} has ${replicas} replicas and min.insync.replicas ${seen.minInsyncReplicas ?? 'unseen'}`
    const refusal =
      missing === undefined || isInUse ? undefined : `${what}; ${missing}, so nothing is written to it`
    const warning =
      missing === undefined ? doubtOf(replicas, seen, this.#client.metadata.nodes.size) : missing
    this.#policies.set(name, {
      topicId,
      checkedMs: this.#client.clock.monotonicMs(),
      appendBytes: Math.max(
        LEAST_APPEND_BYTES,
        Math.min(DEFAULT_APPEND_BYTES, Math.floor(seen.maxMessageBytes * 0.9)),
      ),
      refusal,
    })
    this.#say(name, refusal ?? (warning === undefined ? undefined : `${what}; ${warning}`))
  }

  /** What the settings demand and the topic has not. */
  #missing(replicas: number, { minInsyncReplicas }: Seen): string | undefined {
    const { replicationFactor = 1, minInsyncReplicas: leastInsync = 1 } = this.#client.settings.require
    if (replicas >= replicationFactor && (minInsyncReplicas ?? leastInsync) >= leastInsync) return undefined
    return `at least ${replicationFactor} and ${leastInsync} are required`
  }

  #say(topic: string, message: string | undefined): void {
    if (message === undefined || this.#said.get(topic) === message) return
    this.#said.set(topic, message)
    const { clusterName: cluster, log } = this.#client
    log.warn({ cluster, topic }, `kafka cluster ${cluster}: ${message}`)
  }

  #cannotSee(): void {
    if (this.#hasSaidBlind) return
    this.#hasSaidBlind = true
    const { clusterName: cluster, log } = this.#client
    log.warn(
      { cluster },
      `kafka cluster ${cluster}: this user may not see the settings of topics (ACL DescribeConfigs), so these are not checked`,
    )
  }
}

function safetyOf(configs: ReadonlyMap<string, string>): Seen {
  return {
    maxMessageBytes: Number(configs.get('max.message.bytes') ?? DEFAULT_APPEND_BYTES),
    minInsyncReplicas: Number(configs.get('min.insync.replicas') ?? 1),
    isUnclean: configs.get('unclean.leader.election.enable') === 'true',
  }
}

/** Of a topic that is as required, in a cluster that could do better. */
function doubtOf(
  replicas: number,
  { minInsyncReplicas, isUnclean }: Seen,
  brokers: number,
): string | undefined {
  if (isUnclean)
    return 'unclean.leader.election.enable is on, so a broker that lacks acknowledged records may become the leader'
  if (brokers < 3) return undefined
  if (replicas < 2 || (minInsyncReplicas ?? 2) < 2)
    return 'one lost broker can take acknowledged records with it'
  if (minInsyncReplicas !== undefined && minInsyncReplicas >= replicas)
    return 'one broker that is down stops all writing to it'
  return undefined
}
