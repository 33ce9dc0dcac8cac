import type { Clock } from '@ddmq/common/clock'
import { type Logger, type RateLimitedLog, rateLimited } from '@ddmq/common/log'
import type { Registry, TopicConfig, Watch } from '@ddmq/common/registry'
import type { Misfire } from '../core/misfire.ts'

const RETRY_MS = 1_000
const LOG_EVERY_MS = 10_000
const FORGET_AFTER_MS = 3_600_000
const SWEEP_EVERY_MS = 60_000
/** What was asked for so lately is not forgotten: it may not even have been seen yet. */
const KEEP_MS = 60_000

/** What the config tree says of a topic, for the delay service. */
export interface TopicSettings {
  /** False until the config tree answered; only then do the others mean anything. */
  readonly seen: boolean
  /** There is a document of that topic. */
  readonly exists: boolean
  readonly paused: boolean
  readonly misfire: Misfire
  /** Deliveries per second of all shards of the cluster; undefined: no limit. */
  readonly maxTps: number | undefined
}

const UNSEEN: TopicSettings = {
  seen: false,
  exists: false,
  paused: false,
  misfire: 'all',
  maxTps: undefined,
}
const ABSENT: TopicSettings = { ...UNSEEN, seen: true }

export interface TopicSettingsOptions {
  readonly registry: Pick<Registry, 'watch'>
  /** Broker cluster whose unit of the topic counts. */
  readonly cluster: string
  readonly clock: Clock
  readonly log: Logger
  /** So many topics are followed, and more only while all are in use: the one not asked for longest makes room. */
  readonly maxTopics?: number
}

interface Followed {
  settings: TopicSettings
  askedAtMs: number
  watch: Watch | undefined
  closed: boolean
}

/**
 * The settings of the topics the service meets, each followed from the first `get` on and for an hour after the last.
 *
 * A document that cannot be used leaves the last good one in force; where there never was one the topic stays unseen, because it
 * may be paused. A topic without a document has the defaults. A config tree that does not answer is asked again for as long as somebody asks.
 */
export class FollowedTopics {
  readonly #options: TopicSettingsOptions
  /** In the order in which they were last asked for. */
  readonly #topics = new Map<string, Followed>()
  readonly #log: RateLimitedLog
  #sweptAtMs: number
  #closed = false

  constructor(options: TopicSettingsOptions) {
    this.#options = options
    this.#log = rateLimited(options.log, LOG_EVERY_MS, options.clock)
    this.#sweptAtMs = options.clock.monotonicMs()
  }

  /** Hot path: once per topic and batch. */
  get(topic: string): TopicSettings {
    if (this.#closed) return UNSEEN
    const nowMs = this.#options.clock.monotonicMs()
    const known = this.#topics.get(topic)
    const followed = known ?? { settings: UNSEEN, askedAtMs: nowMs, watch: undefined, closed: false }
    // Asked for last, so it stands last.
    this.#topics.delete(topic)
    this.#topics.set(topic, followed)
    followed.askedAtMs = nowMs
    if (known === undefined) void this.#follow(topic, followed)
    if (known === undefined || nowMs - this.#sweptAtMs >= SWEEP_EVERY_MS) this.#sweep(nowMs)
    return followed.settings
  }

  /** How many topics are followed. */
  get size(): number {
    return this.#topics.size
  }

  close(): void {
    this.#closed = true
    for (const [topic, followed] of this.#topics) this.#forget(topic, followed)
  }

  async #follow(topic: string, followed: Followed): Promise<void> {
    const { registry, clock } = this.#options
    while (!followed.closed) {
      try {
        const watch = await registry.watch('topic', topic, current => {
          followed.settings = current === undefined ? ABSENT : this.#settingsOf(current.value)
        })
        followed.watch = watch
        if (followed.closed) watch.close()
        return
      } catch (err) {
        this.#log.warn({ topic, err }, 'settings of a topic cannot be read')
        await clock.sleep(RETRY_MS)
      }
    }
  }

  #settingsOf({ topicUnits, delay }: TopicConfig): TopicSettings {
    const unit = topicUnits.find(({ brokerCluster }) => brokerCluster === this.#options.cluster)
    return {
      seen: true,
      exists: true,
      paused: delay?.paused ?? false,
      misfire: delay?.misfire ?? 'all',
      maxTps: unit?.totalMaxTps,
    }
  }

  #sweep(nowMs: number): void {
    const { maxTopics = 10_000 } = this.#options
    this.#sweptAtMs = nowMs
    for (const [topic, followed] of this.#topics) {
      const idleMs = nowMs - followed.askedAtMs
      if (idleMs < (this.#topics.size > maxTopics ? KEEP_MS : FORGET_AFTER_MS)) return
      this.#forget(topic, followed)
    }
  }

  #forget(topic: string, followed: Followed): void {
    followed.closed = true
    followed.watch?.close()
    this.#topics.delete(topic)
  }
}
