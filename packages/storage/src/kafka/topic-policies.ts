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
const ASKED = ['max.message.bytes', 'min.insync.replicas']

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
 * T2 Nothing of a topic is altered.
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
    if (this.mustCheck(topic)) await this.update()
    const { name } = topic
    const refusal = this.mustCheck(topic) ? `topic ${name} could not be checked yet` : this.refusal(name)
    if (refusal !== undefined) throw new StorageError('unavailable', refusal)
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
        const configs = new Map(result.configs.map(({ name, value }) => [name, Number(value)]))
        this.#take(topic, configs.get('max.message.bytes'), configs.get('min.insync.replicas'))
      } else if (isDenial(result?.errorCode ?? NO_ERROR)) {
        this.#cannotSee()
        this.#take(topic)
      }
    }
  }

  #take(topic: TopicMetadata, maxMessageBytes = DEFAULT_APPEND_BYTES, minInsyncReplicas?: number): void {
    const replicas = Math.min(...topic.partitions.map(partition => partition.replicas.length))
    const { replicationFactor = 1, minInsyncReplicas: leastInsync = 1 } = this.#client.settings.require
    const what = `topic ${topic.name} has ${replicas} replicas and min.insync.replicas ${minInsyncReplicas ?? 'unseen'}`
    const isRefused = replicas < replicationFactor || (minInsyncReplicas ?? leastInsync) < leastInsync
    const refusal = isRefused
      ? `${what}; at least ${replicationFactor} and ${leastInsync} are required, so nothing is written to it`
      : undefined
    this.#policies.set(topic.name, {
      topicId: topic.topicId,
      checkedMs: this.#client.clock.monotonicMs(),
      appendBytes: Math.max(
        LEAST_APPEND_BYTES,
        Math.min(DEFAULT_APPEND_BYTES, Math.floor(maxMessageBytes * 0.9)),
      ),
      refusal,
    })
    this.#say(topic.name, refusal ?? this.#doubt(what, replicas, minInsyncReplicas))
  }

  /** In a cluster that could do better. */
  #doubt(what: string, replicas: number, minInsyncReplicas: number | undefined): string | undefined {
    if (this.#client.metadata.nodes.size < 3) return undefined
    if (replicas < 2 || (minInsyncReplicas ?? 2) < 2)
      return `${what}: one lost broker can take acknowledged records with it`
    if (minInsyncReplicas !== undefined && minInsyncReplicas >= replicas)
      return `${what}: one broker that is down stops all writing to it`
    return undefined
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
