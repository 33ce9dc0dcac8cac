import {
  type DocumentListener,
  type Registry,
  type TopicConfig,
  topicConfigSchema,
} from '@ddmq/common/registry'
import type { SimulatedProcess } from './simulated-process.ts'
import { CLUSTER } from './simulated-world.ts'

export interface TopicSetting {
  readonly paused?: boolean
  readonly misfire?: 'all' | 'latest' | 'skip'
  readonly maxTps?: number
}

type Listener = DocumentListener<TopicConfig>

/** The config tree: a topic of which nothing was said has no document. */
export class TopicDocuments {
  readonly #documents = new Map<string, TopicConfig>()
  readonly #listeners = new Map<string, Set<Listener>>()

  /** A new world, of which nothing was said yet. */
  clear(): void {
    this.#documents.clear()
    this.#listeners.clear()
  }

  set(topic: string, { paused = false, misfire = 'all', maxTps = 1_000_000 }: TopicSetting): void {
    const document = topicConfigSchema.parse({
      topic,
      delayTopic: true,
      topicUnits: [{ brokerCluster: CLUSTER, totalMaxTps: maxTps }],
      delay: { paused, misfire },
    })
    this.#documents.set(topic, document)
    for (const listener of this.#listeners.get(topic) ?? []) void listener({ value: document, version: 0 })
  }

  /** As one process sees it. */
  registry(process: SimulatedProcess): Pick<Registry, 'watch' | 'problems'> {
    return {
      problems: () => [],
      watch: async (_kind, topic, listener) => {
        const own: Listener = current => process.run(() => void (listener as Listener)(current))
        const listeners = this.#listeners.get(topic) ?? new Set()
        this.#listeners.set(topic, listeners.add(own))
        const value = this.#documents.get(topic)
        await process.guard(Promise.resolve(own(value === undefined ? undefined : { value, version: 0 })))
        return { close: () => void listeners.delete(own) }
      },
    }
  }
}
