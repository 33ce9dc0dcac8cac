/** Hot path: once per read and position. */
import { StorageError } from '../errors.ts'
import type { CallOptions, Position, ReadLimits, ReadResult } from '../port/cluster.ts'
import type { FetchedPartition, FetchLimits, FetchPosition } from './fetch-request.ts'
import type { Fetch, Fetched, Fetcher } from './fetcher.ts'
import { type KafkaClient, toStorageError } from './kafka-client.ts'
import { errorOfCode, isPassing, NO_ERROR } from './kafka-errors.ts'
import { hasPartition, type NodeId, type TopicMetadata } from './metadata.ts'
import { decodeRecords } from './record-reader.ts'
import type { ReplicaChoice } from './replica-choice.ts'
import type { SettledLeaders } from './settled-leaders.ts'

/** One poll lasts so long at most; a longer wait is made of several, each to whoever leads then. */
const MAX_POLL_MS = 5_000
/** How long a position without a leader is tried where the caller does not want to wait for records. */
const LEADER_PATIENCE_MS = 1_000
/** After the first answer with records those of the other brokers, which have some as well, are there in no time. */
const GRACE_MS = 5
const PAUSE_MS = 50
const NO_ANSWER = 'its leader does not answer'
const NO_RECORDS: ReadResult['records'] = []

interface ReadDeps {
  readonly client: KafkaClient
  readonly fetcher: Fetcher
  readonly replicas: ReplicaChoice
  readonly leaders: SettledLeaders
}

interface Open {
  readonly position: Position
  readonly place: number
  /** F2 Of the leader, when it was asked last. */
  epoch: number
}

interface Target extends FetchPosition {
  readonly node: NodeId
}

/**
 * One call of `read`: asks brokers until one position has records or a fault, or the time is over.
 *
 * F2 A broker answers only while it is in the leader epoch that we know of the partition, so that this is the epoch of what
 *    it answers.
 * F3 `fromLeader`: only leaders that are settled (F4) are asked, and an answer that was asked for before the call only says
 *    that there may be news (F1); what is believed was asked for since.
 */
export class ReadCall {
  readonly #positions: readonly Position[]
  readonly #limits: ReadLimits
  readonly #signal: AbortSignal | undefined
  readonly #deps: ReadDeps
  readonly #results: (ReadResult | undefined)[]
  /** Positions without a result, by topic and index. */
  readonly #open = new Map<string, Open>()
  readonly #waitUntilMs: number
  readonly #patienceMs: number
  readonly #dueMs: number
  #hasNews = false
  /** F3 The next fetch does not wait. */
  #mustLookAgain = false

  constructor(
    positions: readonly Position[],
    call: { readonly limits: ReadLimits; readonly options: CallOptions },
    deps: ReadDeps,
  ) {
    const nowMs = deps.client.clock.monotonicMs()
    this.#positions = positions
    this.#limits = call.limits
    this.#signal = call.options.signal
    this.#deps = deps
    this.#results = positions.map(() => undefined)
    this.#dueMs = nowMs + call.options.deadlineMs
    this.#waitUntilMs = Math.min(this.#dueMs, nowMs + call.limits.maxWaitMs)
    this.#patienceMs = Math.min(this.#dueMs, Math.max(this.#waitUntilMs, nowMs + LEADER_PATIENCE_MS))
  }

  async run(): Promise<readonly ReadResult[]> {
    this.#positions.forEach((position, place) => this.#admit(position, place))
    while (this.#open.size > 0 && !this.#isOver) {
      const fetches = await this.#route()
      const fetched = fetches.length === 0 ? [] : await this.#fetch(fetches)
      const isAgain = this.#take(fetched) || fetches.length === 0
      if (this.#hasNews) break
      const isLate = isAgain
        ? this.#nowMs >= this.#patienceMs
        : fetched.length === 0 && this.#nowMs >= this.#dueMs
      if (isLate) return this.#finish(NO_ANSWER)
      if (isAgain) await this.#refreshLeaders()
      else if (this.#nowMs >= this.#waitUntilMs && !this.#mustLookAgain) break
    }
    return this.#finish()
  }

  get #nowMs(): number {
    return this.#deps.client.clock.monotonicMs()
  }

  get #isOver(): boolean {
    return this.#signal?.aborted === true || this.#deps.client.stopping.aborted
  }

  #admit(position: Position, place: number): void {
    const { topic, partition, offset } = position
    const key = `${topic}/${partition}`
    const where = `topic ${topic} partition ${partition}`
    if (!Number.isSafeInteger(offset) || offset < 0) {
      this.#fail(
        { position, place },
        new StorageError('offsetOutOfRange', `${where}: there is no offset ${offset}`),
      )
    } else if (this.#open.has(key)) {
      this.#fail({ position, place }, new StorageError('invalid', `${where} stands twice in one read`))
    } else this.#open.set(key, { position, place, epoch: -1 })
  }

  /** Which broker to ask for what. Positions without a topic get their result, those without a leader are left out. */
  async #route(): Promise<readonly Fetch[]> {
    const byNode = new Map<NodeId, FetchPosition[]>()
    for (const open of this.#open.values()) {
      try {
        const target = await this.#target(open.position)
        if (target === undefined) continue
        open.epoch = target.leaderEpoch
        const positions = byNode.get(target.node) ?? []
        byNode.set(target.node, positions)
        positions.push(target)
      } catch (thrown) {
        const error = toStorageError(thrown, `topic ${open.position.topic}`)
        if (error.kind !== 'retriable') this.#fail(open, error)
      }
    }
    const limits = this.#limitsFor(byNode.size)
    this.#mustLookAgain = false
    return Array.from(byNode, ([node, positions]) => ({ node, positions, limits }))
  }

  /** Undefined when there is no leader, or none that is settled where it has to be. */
  async #target({ topic, partition, offset }: Position): Promise<Target | undefined> {
    const { client, replicas } = this.#deps
    const cached = client.metadata.cached(topic)
    const isKnown = cached !== undefined && hasPartition(cached, partition)
    const metadata = isKnown ? cached : await client.metadata.topicWith(topic, partition)
    const index = Number(partition)
    const { leader = -1, leaderEpoch = -1 } = metadata.partitions[index] ?? {}
    const node = this.#limits.fromLeader ? leader : replicas.nodeOf(metadata, index)
    if (node < 0 || !(await this.#isSettled(metadata, index))) return undefined
    return { node, topic, index, offset, leaderEpoch }
  }

  #limitsFor(nodes: number): FetchLimits {
    const { maxBytes, maxWaitMs, fromLeader = false } = this.#limits
    const { requestTimeoutMs, rack = '' } = this.#deps.client.settings
    const pollMs = Math.min(MAX_POLL_MS, requestTimeoutMs / 2, this.#waitUntilMs - this.#nowMs)
    return {
      // News that are there already are answered without a wait.
      maxWaitMs: this.#hasNews || this.#mustLookAgain ? 0 : Math.max(0, Math.ceil(pollMs)),
      minBytes: maxWaitMs === 0 ? 0 : 1,
      maxBytes: Math.max(1, Math.floor(maxBytes / Math.max(1, nodes))),
      rack: fromLeader ? '' : rack,
    }
  }

  /** F4 Once for each leader, so one after the other is no matter. */
  async #isSettled(topic: TopicMetadata, index: number): Promise<boolean> {
    const { client, leaders } = this.#deps
    if (!this.#limits.fromLeader || leaders.has(topic, index)) return true
    const ends = [
      client.stopping,
      AbortSignal.timeout(Math.max(1, Math.ceil(this.#patienceMs - this.#nowMs))),
    ]
    if (this.#signal !== undefined) ends.push(this.#signal)
    return leaders.ask(topic, index, AbortSignal.any(ends))
  }

  /** The answers that are there when the first has news, all have come, or the time is over. */
  async #fetch(fetches: readonly Fetch[]): Promise<readonly Fetched[]> {
    const { client, fetcher } = this.#deps
    const answered: Fetched[] = []
    const all = Promise.withResolvers<void>()
    const first = Promise.withResolvers<void>()
    const stop = (): void => first.resolve()
    const ask = async (fetch: Fetch): Promise<void> => {
      const fetched = await fetcher.fetch(fetch)
      answered.push(fetched)
      if (answered.length === fetches.length) all.resolve()
      if (answered.length === fetches.length || isNews(fetched)) first.resolve()
    }
    for (const fetch of fetches) void ask(fetch)
    // A broker ends a poll itself; one that does not is not waited for.
    const untilMs =
      this.#limits.maxWaitMs === 0 ? this.#dueMs : Math.min(this.#dueMs, this.#waitUntilMs + PAUSE_MS)
    const cancel = client.clock.schedule(Math.max(1, untilMs - this.#nowMs), stop)
    this.#signal?.addEventListener('abort', stop, { once: true })
    if (this.#isOver) stop()
    await first.promise
    cancel()
    this.#signal?.removeEventListener('abort', stop)
    if (answered.length > 0 && answered.length < fetches.length) {
      const cancelGrace = client.clock.schedule(GRACE_MS, all.resolve)
      await all.promise
      cancelGrace()
    }
    return [...answered]
  }

  /** Takes the results in; answers whether some brokers have to be asked again, after the leaders are known anew. */
  #take(fetched: readonly Fetched[]): boolean {
    let isAgain = false
    for (const { node, answer, isTakenOver = false } of fetched) {
      if (isTakenOver && this.#limits.fromLeader) {
        this.#mustLookAgain = true
        continue
      }
      if (answer === undefined || answer.errorCode !== NO_ERROR) {
        isAgain = true
        continue
      }
      for (const partition of answer.partitions) if (this.#takePartition(partition, node)) isAgain = true
    }
    return isAgain
  }

  #takePartition(fetched: FetchedPartition, node: NodeId): boolean {
    const { topic, index, errorCode, preferredReplica } = fetched
    const open = this.#open.get(`${topic}/${index}`)
    const metadata = this.#deps.client.metadata.cached(topic)
    if (open === undefined) return false
    if (metadata === undefined) return true
    const { replicas } = this.#deps
    if (errorCode === NO_ERROR) {
      const isElsewhere = preferredReplica >= 0 && preferredReplica !== node && fetched.records.length === 0
      if (isElsewhere) replicas.prefer(metadata, index, preferredReplica)
      else this.#takeRecords(open, fetched)
      return isElsewhere
    }
    // A replica may be behind its leader, or none any more: the leader decides.
    if (replicas.forget(metadata, index) || isPassing(errorCode)) return true
    this.#fail(
      open,
      errorOfCode(errorCode, `topic ${topic} partition ${index} offset ${open.position.offset}`),
    )
    return false
  }

  #takeRecords(
    { position, place, epoch }: Open,
    { records: bytes, aborted, lastStableOffset }: FetchedPartition,
  ): void {
    const { topic, partition, offset } = position
    try {
      const { records, nextOffset } = decodeRecords(bytes, offset, aborted)
      if (nextOffset > offset) this.#hasNews = true
      this.#results[place] = { topic, partition, records, nextOffset, endOffset: lastStableOffset, epoch }
      if (nextOffset > offset) this.#open.delete(`${topic}/${partition}`)
    } catch (thrown) {
      const error = toStorageError(thrown, '')
      const where = `topic ${topic} partition ${partition}: ${error.message}`
      this.#fail({ position, place }, new StorageError(error.kind, where, { cause: thrown }))
    }
  }

  #fail({ position, place }: Pick<Open, 'position' | 'place'>, error: StorageError): void {
    const { topic, partition, offset } = position
    this.#hasNews = true
    this.#results[place] = {
      topic,
      partition,
      records: NO_RECORDS,
      nextOffset: offset,
      endOffset: offset,
      error,
    }
    const key = `${topic}/${partition}`
    if (this.#open.get(key)?.place === place) this.#open.delete(key)
  }

  async #refreshLeaders(): Promise<void> {
    const { client } = this.#deps
    await client.metadata.refresh(this.#positions.map(({ topic }) => topic)).catch(() => undefined)
    await client.clock.sleep(PAUSE_MS, this.#signal).catch(() => undefined)
  }

  /** `reason` is why positions that never had an answer have none. */
  #finish(reason?: string): readonly ReadResult[] {
    return this.#positions.map(({ topic, partition, offset }, place) => {
      const result = this.#results[place]
      if (result !== undefined) return result
      const empty = { topic, partition, records: NO_RECORDS, nextOffset: offset, endOffset: offset }
      if (reason === undefined) return empty
      return {
        ...empty,
        error: new StorageError('retriable', `topic ${topic} partition ${partition}: ${reason}`),
      }
    })
  }
}

function isNews({ answer }: Fetched): boolean {
  if (answer === undefined) return false
  return answer.partitions.some(
    ({ records, errorCode, preferredReplica }) =>
      records.length > 0 || errorCode !== NO_ERROR || preferredReplica >= 0,
  )
}
