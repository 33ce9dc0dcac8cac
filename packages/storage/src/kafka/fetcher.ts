/** Hot path: once per fetch. */
import { type FetchAnswer, type FetchLimits, type FetchPosition, fetchRecords } from './fetch-request.ts'
import { call, type KafkaClient } from './kafka-client.ts'
import type { NodeId } from './metadata.ts'

export interface Fetch {
  readonly node: NodeId
  readonly positions: readonly FetchPosition[]
  readonly limits: FetchLimits
}

/** What one broker answered, or undefined when it did not. */
export interface Fetched extends Fetch {
  readonly answer: FetchAnswer | undefined
  /** It was asked before by somebody else (F1): the answer may be older than this call. */
  readonly isTakenOver?: boolean
}

/**
 * Asks brokers for records. A fetch that waits has a connection for itself, as a broker answers those of one in turn.
 *
 * F1 A long poll that nobody waits for any more goes on until its time is over; whoever asks the same of the same broker
 *    meanwhile takes it over instead of opening another. So a reader of several brokers, which goes on when the first has
 *    news, has one poll at each.
 */
export class Fetcher {
  readonly #client: KafkaClient
  /** Channels in use, by node. */
  readonly #busy = new Map<NodeId, Set<number>>()
  readonly #polls = new Map<string, Promise<Fetched>>()

  constructor(client: KafkaClient) {
    this.#client = client
  }

  /** Never rejects. */
  fetch(fetch: Fetch): Promise<Fetched> {
    if (fetch.limits.maxWaitMs === 0) return this.#ask(fetch)
    const key = keyOf(fetch)
    const known = this.#polls.get(key)
    if (known !== undefined) return known.then(fetched => ({ ...fetched, isTakenOver: true }))
    const poll = this.#ask(fetch).finally(() => this.#polls.delete(key))
    this.#polls.set(key, poll)
    return poll
  }

  async #ask(fetch: Fetch): Promise<Fetched> {
    const { node, positions, limits } = fetch
    const channel = this.#occupy(node)
    try {
      const connection = await this.#client.connection(node, `fetch${channel}`)
      return { ...fetch, answer: await call(connection, fetchRecords, positions, limits) }
    } catch (err) {
      this.#client.log.debug({ err, cluster: this.#client.clusterName, node }, 'a fetch has no answer')
      return { ...fetch, answer: undefined }
    } finally {
      this.#busy.get(node)?.delete(channel)
    }
  }

  #occupy(node: NodeId): number {
    let busy = this.#busy.get(node)
    if (busy === undefined) {
      busy = new Set()
      this.#busy.set(node, busy)
    }
    let channel = 0
    while (busy.has(channel)) channel++
    busy.add(channel)
    return channel
  }
}

function keyOf({ node, positions, limits }: Fetch): string {
  const where = positions.map(
    ({ topic, index, offset, leaderEpoch }) => `${topic}/${index}@${offset}/${leaderEpoch}`,
  )
  return `${node} ${limits.maxBytes} ${limits.rack} ${where.join()}`
}
