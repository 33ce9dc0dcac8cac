import { metadataV10 } from '@platformatic/kafka'
import { StorageError } from '../errors.ts'
import type { KafkaClient } from './kafka-client.ts'
import { offsetsRetentionMs } from './offsets-retention.ts'

/** A start does not wait longer for the first answer; it is tried on in the background. */
const FIRST_ANSWER_MS = 8_000
/** Kafka's own default: a group without members loses its offsets after it. */
const LEAST_OFFSETS_RETENTION_MINUTES = 7 * 24 * 60
const INTERNAL_TOPICS = ['__consumer_offsets', '__transaction_state']
const PAUSE_MS = 1_000

/**
 * Is this the cluster that was meant, and does it keep what it promises? Checked when it answers first and watched from then
 * on.
 *
 * C1 A cluster with another id than the settings or than before is not connected to (`ClusterIdentity`).
 * C2 A topic with fewer replicas than required is not written to (`TopicPolicies`); of Kafka's own topics that is said.
 */
export class StartChecks {
  readonly #client: KafkaClient
  readonly #closing = new AbortController()
  #hasChecked = false
  #wake: (() => void) | undefined
  #running: Promise<void> = Promise.resolve()

  constructor(client: KafkaClient) {
    this.#client = client
  }

  /** Rejects `invalid` when the cluster answers and is another one; resolves also when it does not answer in time. */
  async first(abort: AbortSignal | undefined): Promise<void> {
    const { clock, metadata } = this.#client
    const answered = metadata.refresh().then(
      () => true,
      () => false,
    )
    const late = new AbortController()
    const signal = abort === undefined ? late.signal : AbortSignal.any([late.signal, abort])
    const timeout = clock.sleep(FIRST_ANSWER_MS, signal).then(
      () => false,
      () => false,
    )
    const isThere = await Promise.race([answered, timeout])
    late.abort()
    abort?.throwIfAborted()
    const { identity, health, clusterName } = this.#client
    if (isThere || identity.foreign === undefined) return
    throw new StorageError('invalid', `kafka cluster ${clusterName}: ${health.noAnswer()}`)
  }

  /** Begins to watch. */
  open(): void {
    this.#running = this.#watch()
  }

  async close(): Promise<void> {
    this.#closing.abort()
    this.#wake?.()
    await this.#running
  }

  async #watch(): Promise<void> {
    const { metadata, clock, settings, policies, log, clusterName: cluster } = this.#client
    const stopListening = metadata.onChange(() => this.#wake?.())
    while (!this.#closing.signal.aborted) {
      try {
        if (metadata.clusterId !== undefined) await this.#check()
        await policies.update()
      } catch (err) {
        log.debug({ err, cluster }, 'the cluster could not be checked; it is tried again')
      }
      const pauseMs = this.#hasChecked ? settings.metadataRefreshMs : PAUSE_MS
      await new Promise<void>(resolve => {
        const cancel = clock.schedule(pauseMs, resolve)
        this.#wake = () => {
          cancel()
          resolve()
        }
        if (this.#closing.signal.aborted) this.#wake()
      })
    }
    stopListening()
  }

  async #check(): Promise<void> {
    if (this.#hasChecked) return
    await this.#checkInternalTopics()
    await this.#checkOffsetsRetention()
    this.#hasChecked = true
  }

  async #checkInternalTopics(): Promise<void> {
    const { topics } = await this.#client.callAny(metadataV10.api, INTERNAL_TOPICS, false, false, false)
    const brokers = this.#client.metadata.nodes.size
    const wanted = this.#client.settings.require.replicationFactor ?? Math.min(2, brokers)
    for (const { name, partitions } of topics) {
      const replicas = Math.min(...partitions.map(({ replicaNodes }) => replicaNodes.length))
      if (partitions.length === 0 || replicas >= wanted) continue
      this.#warn(
        `topic ${name} has ${replicas} replicas, ${wanted} are required: positions or transactions can be lost with a broker`,
      )
    }
  }

  async #checkOffsetsRetention(): Promise<void> {
    const retentionMs = await offsetsRetentionMs(this.#client)
    const minutes = retentionMs === undefined ? undefined : retentionMs / 60_000
    if (minutes === undefined) {
      this.#warn(
        'this user may not see offsets.retention.minutes (ACL DescribeConfigs on the cluster), so it is not checked',
      )
    } else if (minutes < LEAST_OFFSETS_RETENTION_MINUTES) {
      this.#warn(
        `offsets.retention.minutes is ${minutes}: a group that nobody serves for so long loses its positions; ${LEAST_OFFSETS_RETENTION_MINUTES} or more are advised`,
      )
    }
  }

  #warn(message: string): void {
    const { clusterName: cluster, log } = this.#client
    log.warn({ cluster }, `kafka cluster ${cluster}: ${message}`)
  }
}
