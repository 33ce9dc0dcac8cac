import type { GroupNetwork } from './group-requests.ts'

/** Which partitions a leader has planned with, and whether there are others by now. */
export class TopicWatch {
  readonly #network: GroupNetwork
  #topics: readonly string[] = []
  #planned: ReadonlyMap<string, number> | undefined

  constructor(network: GroupNetwork) {
    this.#network = network
  }

  /** The partitions of these topics now; from here on changes of them are looked for. */
  async count(topics: Iterable<string>): Promise<ReadonlyMap<string, number>> {
    this.#topics = [...new Set(topics)]
    this.#planned = await this.#network.partitionCounts(this.#topics)
    return this.#planned
  }

  /** This member is not the leader: others look. */
  stop(): void {
    this.#topics = []
    this.#planned = undefined
  }

  async hasChanged(): Promise<boolean> {
    const planned = this.#planned
    if (planned === undefined) return false
    const now = await this.#network.partitionCounts(this.#topics)
    return this.#topics.some(topic => now.get(topic) !== planned.get(topic))
  }
}
