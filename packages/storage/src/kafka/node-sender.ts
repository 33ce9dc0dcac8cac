/** Hot path: once per request. Sends what is ready for one broker, one request at a time, each with all its partitions. */
import { type Connection } from '@platformatic/kafka'
import { call, type KafkaClient } from './kafka-client.ts'
import { isDenied, NO_ERROR } from './kafka-errors.ts'
import type { NodeId } from './metadata.ts'
import type { CountedBatch, PartitionWriter } from './partition-writer.ts'
import { produce } from './produce-request.ts'
import type { ProducerIdentity } from './record-batch.ts'

/** A request ends with the batch that reaches it; brokers take 100 MB by default. */
const MAX_REQUEST_BYTES = 8 * 1024 * 1024
const CHANNEL = 'produce'
/** What the network may take beside what the broker is given to replicate. */
const NETWORK_MS = 1_000
/** A broker that does not lead any more has so long to answer before it is taken for frozen. */
const STALE_ANSWER_MS = 1_000

export interface SenderDeps {
  readonly client: KafkaClient
  /** Rejects when no producer id can be had. */
  readonly identity: () => Promise<ProducerIdentity>
  /** Is told of each partition that was sent or could not be: what is next for it? */
  readonly done: (writer: PartitionWriter, outcome: 'idle' | 'again') => void
  /** Where the partition is led now. */
  readonly leaderOf: (writer: PartitionWriter) => NodeId
}

interface Sent {
  readonly writer: PartitionWriter
  readonly batch: CountedBatch
}

export class NodeSender {
  readonly #node: NodeId
  readonly #deps: SenderDeps
  readonly #ready = new Set<PartitionWriter>()
  #isRunning = false
  #underWay: { readonly sent: readonly Sent[]; readonly connection: Connection } | undefined

  constructor(node: NodeId, deps: SenderDeps) {
    this.#node = node
    this.#deps = deps
  }

  add(writer: PartitionWriter): void {
    this.#ready.add(writer)
    if (!this.#isRunning) void this.#run()
  }

  /** Whom it sends to may have lost partitions: an old leader that does not answer soon is not waited for. */
  leadersChanged(): void {
    const underWay = this.#underWay
    if (underWay === undefined || !this.#hasMoved(underWay.sent)) return
    const { clock, connections } = this.#deps.client
    clock.schedule(STALE_ANSWER_MS, () => {
      if (this.#underWay === underWay && this.#hasMoved(underWay.sent)) connections.drop(underWay.connection)
    })
  }

  /** Never rejects. */
  async #run(): Promise<void> {
    this.#isRunning = true
    // Lets everything of the caller's turn join the first request.
    await Promise.resolve()
    while (this.#ready.size > 0) await this.#sendReady()
    this.#isRunning = false
  }

  async #sendReady(): Promise<void> {
    const writers = [...this.#ready]
    this.#ready.clear()
    let connection: Connection
    let identity: ProducerIdentity
    try {
      identity = await this.#deps.identity()
      connection = await this.#deps.client.connection(this.#node, CHANNEL)
    } catch (thrown) {
      // Why is told by the health of the cluster.
      for (const writer of writers) {
        writer.unsent()
        if (isDenied(thrown)) writer.deny(thrown)
        this.#deps.done(writer, writer.hasWork ? 'again' : 'idle')
      }
      return
    }
    const sent = this.#take(writers, identity)
    if (sent.length > 0) await this.#send(sent, connection)
  }

  #take(writers: readonly PartitionWriter[], identity: ProducerIdentity): readonly Sent[] {
    const { done, leaderOf } = this.#deps
    const sent: Sent[] = []
    let bytes = 0
    for (const writer of writers) {
      if (bytes >= MAX_REQUEST_BYTES) {
        this.#ready.add(writer)
        continue
      }
      const batch = leaderOf(writer) === this.#node ? writer.next(identity) : undefined
      if (batch === undefined) {
        done(writer, 'idle')
        continue
      }
      bytes += batch.bytes.length
      writer.sending()
      sent.push({ writer, batch })
    }
    return sent
  }

  async #send(sent: readonly Sent[], connection: Connection): Promise<void> {
    const { client, done } = this.#deps
    const { clusterName: cluster, metrics, settings } = client
    this.#underWay = { sent, connection }
    metrics?.produceRequests.inc({ cluster })
    const answers = new Map<string, Map<number, Answer>>()
    try {
      const timeoutMs = Math.max(NETWORK_MS, settings.requestTimeoutMs - NETWORK_MS)
      const batches = sent.map(({ batch }) => batch)
      const { responses } = await call(connection, produce, batches, timeoutMs)
      for (const { name, partitionResponses } of responses) {
        answers.set(name, new Map(partitionResponses.map(answer => [answer.index, answer])))
      }
    } catch (err) {
      client.log.debug({ err, cluster, node: this.#node }, 'a produce request has no answer')
    }
    this.#underWay = undefined
    let records = 0
    let bytes = 0
    for (const { writer, batch } of sent) {
      const answer = answers.get(batch.topic)?.get(batch.index)
      if (answer?.errorCode === NO_ERROR) {
        records += batch.records
        bytes += batch.bytes.length
      }
      done(writer, answer === undefined ? unanswered(writer) : take(writer, answer))
    }
    metrics?.records.inc({ cluster }, records)
    metrics?.bytes.inc({ cluster }, bytes)
  }

  #hasMoved(sent: readonly Sent[]): boolean {
    return sent.some(({ writer }) => {
      const leader = this.#deps.leaderOf(writer)
      return leader >= 0 && leader !== this.#node
    })
  }
}

interface Answer {
  readonly index: number
  readonly errorCode: number
  readonly baseOffset: bigint
  readonly errorMessage?: string | null | undefined
}

function take(writer: PartitionWriter, { errorCode, baseOffset, errorMessage }: Answer): 'idle' | 'again' {
  return writer.answered(errorCode, Number(baseOffset), errorMessage ?? null)
}

function unanswered(writer: PartitionWriter): 'again' {
  writer.unanswered()
  return 'again'
}
