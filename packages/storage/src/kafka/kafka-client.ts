import type { Clock } from '@ddmq/common/clock'
import type { Logger } from '@ddmq/common/log'
import {
  type API,
  type Connection,
  FindCoordinatorKeyTypes,
  findCoordinatorV4,
  metadataV10,
} from '@platformatic/kafka'
import { StorageError } from '../errors.ts'
import { ClusterIdentity } from './cluster-identity.ts'
import { connectionOptions } from './connection-options.ts'
import { type Channel, Connections, type NodeAddress } from './connections.ts'
import { answerIn, errorOfCode, isAuthenticationFailure, NO_ERROR } from './kafka-errors.ts'
import { KafkaHealth } from './kafka-health.ts'
import { Metadata, type NodeId } from './metadata.ts'
import { type KafkaMetrics, kafkaMetrics } from './metrics.ts'
import type { KafkaClusterOptions } from './options.ts'
import type { KafkaSettings } from './settings.ts'
import { TopicPolicies } from './topic-policies.ts'

export type CoordinatorKind = 'group' | 'transaction'

/** One kind of request, as the library sends it. */
export type RequestKind<Args extends unknown[], Answer> = Pick<API<Args, Answer>, 'async'>

/** Requests that nobody waits long for share it. */
const CONTROL: Channel = 'control'
const CONTROL_TIMEOUT_MS = 5_000
const FIRST_PAUSE_MS = 20
const LONGEST_PAUSE_MS = 1_000
/** How long something is tried where the caller has no deadline of its own. */
const PATIENCE_MS = 15_000

/**
 * What every part of the engine shares: who leads and coordinates what, connections to them, and one way to ask.
 * An answer that carries error codes is an answer: the caller looks at each code (`kafka-errors.ts`).
 */
export class KafkaClient {
  readonly clusterName: string
  readonly settings: KafkaSettings
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: KafkaMetrics | undefined
  readonly health: KafkaHealth
  readonly connections: Connections
  readonly metadata: Metadata
  readonly policies: TopicPolicies
  readonly identity: ClusterIdentity
  readonly #coordinators = new Map<string, Promise<NodeAddress>>()
  readonly #bootstrap: readonly NodeAddress[]
  readonly #stopping = new AbortController()
  /** Asked first: it answered the last time. */
  #lastGood: NodeAddress | undefined
  #refreshing: Promise<void> = Promise.resolve()

  constructor(options: KafkaClusterOptions) {
    this.clusterName = options.clusterName
    this.settings = options.settings
    this.clock = options.clock
    this.log = options.log
    this.metrics = options.metrics === undefined ? undefined : kafkaMetrics(options.metrics)
    this.health = new KafkaHealth(options.clusterName, options.log, this.metrics)
    const { settings, clock, log } = options
    this.identity = new ClusterIdentity(settings.require.clusterId)
    const { clientId, bootstrapServers, connectTimeoutMs } = settings
    this.connections = new Connections(
      {
        clientId,
        connectTimeoutMs,
        connection: () => connectionOptions(settings),
        admit: clusterId => this.identity.admit(clusterId),
      },
      { health: this.health, log, clock },
    )
    this.metadata = new Metadata(topics => this.#requestMetadata(topics), options.clock)
    this.policies = new TopicPolicies(this)
    this.#bootstrap = bootstrapServers.map(toAddress)
  }

  /** Aborts when the client is closed. */
  get stopping(): AbortSignal {
    return this.#stopping.signal
  }

  /** Begins to ask for what changes. */
  open(): void {
    this.#refreshing = this.#refreshRegularly()
  }

  async close(): Promise<void> {
    this.#stopping.abort(new StorageError('unavailable', `kafka cluster ${this.clusterName} is stopped`))
    await this.connections.close()
    await this.#refreshing
  }

  /** A connection to a broker; the broker answers what is sent on one channel in turn. */
  async connection(node: NodeId, channel: Channel, requestTimeoutMs?: number): Promise<Connection> {
    const address = this.metadata.nodes.get(node)
    if (address === undefined) {
      throw new StorageError('retriable', `kafka cluster ${this.clusterName}: broker ${node} is not known`)
    }
    return this.connections.get(address, channel, requestTimeoutMs)
  }

  /** Asks one broker. Rejects with the library's error when there is no answer. */
  async callNode<Args extends unknown[], Answer>(
    node: NodeId,
    api: API<Args, Answer>,
    ...args: Args
  ): Promise<Answer> {
    return call(await this.connection(node, CONTROL), api, ...args)
  }

  /** Asks whichever broker answers. */
  async callAny<Args extends unknown[], Answer>(
    api: RequestKind<Args, Answer>,
    ...args: Args
  ): Promise<Answer> {
    let failure: unknown
    for (const address of this.#candidates()) {
      this.#stopping.signal.throwIfAborted()
      try {
        const answer = await call(
          await this.connections.get(address, CONTROL, CONTROL_TIMEOUT_MS),
          api,
          ...args,
        )
        this.#lastGood = address
        return answer
      } catch (thrown) {
        failure = thrown
        if (this.#lastGood === address) this.#lastGood = undefined
      }
    }
    const { clusterName, health } = this
    // A wrong password is not tried on at the caller's expense.
    const kind = isAuthenticationFailure(failure) ? 'unavailable' : 'retriable'
    throw new StorageError(kind, `kafka cluster ${clusterName}: ${health.noAnswer()}`, { cause: failure })
  }

  /** The broker that coordinates a group or a transactional id; looked up once and again after `forgetCoordinator`. */
  async coordinator(kind: CoordinatorKind, key: string): Promise<NodeAddress> {
    const name = `${kind}/${key}`
    const known = this.#coordinators.get(name)
    if (known !== undefined) return known
    const looking = this.#findCoordinator(kind, key)
    this.#coordinators.set(name, looking)
    looking.catch(() => this.#coordinators.delete(name))
    return looking
  }

  /** After a failure of the coordinator, or an answer that says it is another one. */
  forgetCoordinator(kind: CoordinatorKind, key: string): void {
    this.#coordinators.delete(`${kind}/${key}`)
  }

  /** Asks the coordinator. Without an answer it is forgotten and the library's error is thrown. */
  async callCoordinator<Args extends unknown[], Answer>(
    coordinated: { readonly kind: CoordinatorKind; readonly key: string; readonly channel?: Channel },
    api: API<Args, Answer>,
    ...args: Args
  ): Promise<Answer> {
    const { kind, key, channel = CONTROL } = coordinated
    const address = await this.coordinator(kind, key)
    try {
      return await call(await this.connections.get(address, channel), api, ...args)
    } catch (thrown) {
      this.forgetCoordinator(kind, key)
      throw thrown
    }
  }

  /**
   * Repeats what fails for a reason that passes: `retriable` errors and requests without an answer. Only for what may be
   * done twice. Rejects with the last reason, classified.
   */
  async persist<Value>(what: string, attempt: () => Promise<Value>, forMs = PATIENCE_MS): Promise<Value> {
    const endMs = this.clock.monotonicMs() + forMs
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
      try {
        return await attempt()
      } catch (thrown) {
        const error = toStorageError(thrown, `kafka cluster ${this.clusterName}: ${what}`)
        const isOver = this.clock.monotonicMs() + pauseMs >= endMs
        if (error.kind !== 'retriable' || isOver || this.#stopping.signal.aborted) throw error
      }
      await this.clock.sleep(pauseMs, this.#stopping.signal)
    }
  }

  async #findCoordinator(kind: CoordinatorKind, key: string): Promise<NodeAddress> {
    const type = kind === 'group' ? FindCoordinatorKeyTypes.GROUP : FindCoordinatorKeyTypes.TRANSACTION
    const { coordinators } = await this.callAny(findCoordinatorV4.api, type, [key])
    const [found] = coordinators
    const what = `coordinator of ${kind} ${key}`
    if (found === undefined) throw new StorageError('retriable', `${what}: none was named`)
    if (found.errorCode !== NO_ERROR) throw errorOfCode(found.errorCode, what, found.errorMessage)
    return { host: found.host, port: found.port }
  }

  async #requestMetadata(topics: readonly string[]): Promise<metadataV10.MetadataResponse> {
    try {
      const answer = await this.callAny(metadataV10.api, [...topics], false, false, false)
      if (answer.brokers.length === 0) {
        throw new StorageError('retriable', `kafka cluster ${this.clusterName}: it names no brokers`)
      }
      this.health.answered()
      return answer
    } catch (thrown) {
      this.health.unreachable()
      throw thrown
    }
  }

  #candidates(): readonly NodeAddress[] {
    const nodes = [...this.metadata.nodes.values()]
    // Begins elsewhere each time, so that not every process asks the same broker.
    const start = Math.floor(Math.random() * nodes.length)
    const all = [...nodes.slice(start), ...nodes.slice(0, start), ...this.#bootstrap]
    const first = this.#lastGood
    if (first !== undefined) all.unshift(first)
    const seen = new Map(all.map(address => [`${address.host}:${address.port}`, address]))
    return [...seen.values()]
  }

  async #refreshRegularly(): Promise<void> {
    const { metadataRefreshMs } = this.settings
    let failures = 0
    while (!this.#stopping.signal.aborted) {
      try {
        await this.metadata.refresh()
        failures = 0
      } catch (err) {
        this.log.debug({ err, cluster: this.clusterName }, 'metadata could not be had')
        failures++
      }
      const backOffMs = FIRST_PAUSE_MS * 2 ** (failures + 2)
      const pauseMs = failures === 0 ? metadataRefreshMs : Math.min(backOffMs, metadataRefreshMs)
      await this.clock.sleep(pauseMs, this.#stopping.signal).catch(() => undefined)
    }
  }
}

/** Sends one request; an answer with error codes in it resolves as any other. */
export async function call<Args extends unknown[], Answer>(
  connection: Connection,
  api: RequestKind<Args, Answer>,
  ...args: Args
): Promise<Answer> {
  try {
    return await api.async(connection, ...args)
  } catch (thrown) {
    const answer = answerIn(thrown)
    if (answer === undefined) throw thrown
    // oxlint-disable-next-line no-unsafe-type-assertion -- the answer that the library has parsed, thrown unchanged
    return answer as Answer
  }
}

/** Classifies whatever was thrown; a request without an answer is `retriable`, so use it for what may be done twice. */
export function toStorageError(thrown: unknown, what: string): StorageError {
  if (thrown instanceof StorageError) return thrown
  const reason = thrown instanceof Error ? thrown.message : String(thrown)
  return new StorageError('retriable', `${what}: ${reason}`, { cause: thrown })
}

function toAddress(server: string): NodeAddress {
  const colon = server.lastIndexOf(':')
  return { host: server.slice(0, colon).replaceAll(/[[\]]/g, ''), port: Number(server.slice(colon + 1)) }
}
