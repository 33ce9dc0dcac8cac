import type { CommittedOffset } from '../port/membership.ts'
import type { KafkaClient } from './kafka-client.ts'

/** Well below the shortest retention of offsets that makes sense, seldom enough to cost nothing. */
const KEEP_MS = 3_600_000

export interface KeptOffsets {
  /** What a group has committed. */
  committed(group: string): Promise<readonly CommittedOffset[]>
  /** Commits for a group without members; rejects when it has some. */
  commit(group: string, offsets: readonly CommittedOffset[]): Promise<void>
}

/**
 * Positions that were set for a group that nobody has served yet would be forgotten by the brokers after
 * `offsets.retention.minutes`. Those set by this process are committed again once an hour, as long as they are exactly as
 * they were set; a group that moves, or has members, keeps its positions itself.
 */
export class OffsetKeeper {
  readonly #client: KafkaClient
  readonly #offsets: KeptOffsets
  readonly #groups = new Map<string, readonly CommittedOffset[]>()
  #cancel: (() => void) | undefined

  constructor(client: KafkaClient, offsets: KeptOffsets) {
    this.#client = client
    this.#offsets = offsets
  }

  keep(group: string, offsets: readonly CommittedOffset[]): void {
    const kept = new Map(this.#groups.get(group)?.map(offset => [nameOf(offset), offset]))
    for (const offset of offsets) kept.set(nameOf(offset), offset)
    this.#groups.set(group, [...kept.values()])
    this.#cancel ??= this.#client.clock.schedule(KEEP_MS, () => void this.#commitAgain())
  }

  forget(group: string): void {
    this.#groups.delete(group)
  }

  close(): void {
    this.#cancel?.()
    this.#groups.clear()
  }

  async #commitAgain(): Promise<void> {
    this.#cancel = undefined
    for (const [group, offsets] of this.#groups) {
      const unmoved = await this.#commitUnmoved(group, offsets).catch(() => offsets)
      if (unmoved.length === 0) this.#groups.delete(group)
      else this.#groups.set(group, unmoved)
    }
    if (this.#groups.size > 0)
      this.#cancel = this.#client.clock.schedule(KEEP_MS, () => void this.#commitAgain())
  }

  async #commitUnmoved(
    group: string,
    offsets: readonly CommittedOffset[],
  ): Promise<readonly CommittedOffset[]> {
    const now = new Map((await this.#offsets.committed(group)).map(offset => [nameOf(offset), offset.offset]))
    const unmoved = offsets.filter(offset => now.get(nameOf(offset)) === offset.offset)
    if (unmoved.length > 0) await this.#offsets.commit(group, unmoved)
    return unmoved
  }
}

function nameOf({ topic, partition }: CommittedOffset): string {
  return `${topic}/${partition}`
}
