import type { Clock } from '@ddmq/common/clock'
import type { StorageError } from '@ddmq/storage'
import { Destination } from './destination.ts'

/** A setting that holds a topic back is looked at again so often. */
const LOOK_AGAIN_MS = 1_000
/** Until the settings were read, a matter of one answer of the config tree. */
const UNREAD_MS = 50

/** What the config tree says of a topic, as far as it decides whether its rounds may go. */
export interface DestinationSettings {
  /** False until its document was looked at; nothing of it goes before, because it may be paused. */
  readonly seen: boolean
  readonly paused: boolean
  /** Of all shards together; undefined: no limit. */
  readonly maxTps: number | undefined
}

export interface DestinationsOptions {
  readonly clock: Clock
  readonly settings: (topic: string) => DestinationSettings
  /** How many shards share a topic's rate. */
  readonly shards: () => number
  /** 0 to 1. */
  readonly random: () => number
}

/**
 * Which rounds of one shard may go to their topics now (SPEC.md I8): each topic by itself, so that none moves another's
 * schedule. Its owner asks, and reports what became of it; a round that may not go is set aside.
 */
export class Destinations {
  readonly #options: DestinationsOptions
  readonly #topics = new Map<string, Destination>()

  constructor(options: DestinationsOptions) {
    this.#options = options
  }

  /** How many of so many rounds may go now; they are counted against the rate. `failed` or `succeeded` must follow. */
  admit(topic: string, count: number): number {
    return this.#held(topic) === undefined ? this.#destination(topic).admit(count) : 0
  }

  /** What was admitted was not stored, or not certainly: `verdictOf` says what becomes of a round that was alone. */
  failed(topic: string, error: StorageError): void {
    this.#destination(topic).failed(error)
  }

  succeeded(topic: string): void {
    this.#destination(topic).succeeded()
  }

  /** Its rounds go by themselves, so that they hold up no other topic. */
  isCautious(topic: string): boolean {
    return this.#topics.get(topic)?.isCautious ?? false
  }

  /** Why rounds of the topic do not go, for an operator; undefined when they do. */
  reasonOf(topic: string): string | undefined {
    return this.#held(topic)?.reason ?? this.#destination(topic).reason
  }

  /** Milliseconds until it is worth asking again; 0 when a round would be admitted now. */
  nextTryMs(topic: string): number {
    return this.#held(topic)?.againMs ?? this.#destination(topic).waitMs()
  }

  #held(topic: string): { readonly reason: string; readonly againMs: number } | undefined {
    const { seen, paused } = this.#options.settings(topic)
    if (!seen) return { reason: 'its settings were not read yet', againMs: UNREAD_MS }
    return paused ? { reason: 'paused', againMs: LOOK_AGAIN_MS } : undefined
  }

  #destination(topic: string): Destination {
    const { clock, settings, shards, random } = this.#options
    let known = this.#topics.get(topic)
    if (known === undefined) this.#topics.set(topic, (known = new Destination({ clock, random })))
    const { maxTps = Number.POSITIVE_INFINITY } = settings(topic)
    known.setRate(maxTps / Math.max(1, shards()))
    return known
  }
}
