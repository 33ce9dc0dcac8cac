import type { MetadataStore } from '../core/ports.ts'
import type { Publisher } from './publisher.ts'
import { noteForCaller } from './request-notes.ts'

/**
 * One change of the metadata at a time, whichever console it came to: its checks and its rows are not interleaved with
 * another's, so two callers who change the same group both succeed, one after the other (console.md §6.2).
 *
 * A change is stored before it is published. The caller's answer waits for the publication; where that does not come in
 * time, the answer says so, and the publisher goes on by itself.
 */
export class Changes {
  readonly #store: MetadataStore
  readonly #publisher: Publisher

  constructor(store: MetadataStore, publisher: Publisher) {
    this.#store = store
    this.#publisher = publisher
  }

  async run<Result>(change: (store: MetadataStore) => Promise<Result>): Promise<Result> {
    // Taken now: another caller's round may see this change before the change comes back.
    const before = this.#publisher.status.problems
    const result = await this.#store.exclusively('change', change)
    const reason = await this.#publisher.publish(before)
    if (reason !== undefined) noteForCaller(`saved, but not yet published: ${reason}`)
    return result
  }
}
