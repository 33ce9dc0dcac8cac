import { runConsume } from '../../load/consume.ts'
import { loadSample, requireNoErrors } from '../../load/load-sample.ts'
import { SeenOffsets } from '../../load/seen-offsets.ts'
import { warmUpSeconds } from '../../load/warm-up.ts'
import type { Sample } from '../../report/scenario.ts'
import type { RunningDdmq } from '../../servers/running-ddmq.ts'
import { type SpawnedServer, spawnServer } from '../../servers/spawned-server.ts'
import { Backlog, subscribe } from './backlog.ts'

export const BATCH = 32
const PARTITIONS = 8
const MOST_CONNECTIONS = 64
const WARM_UP_CONNECTIONS = 16
/** Of the backlog, per second that is measured: a faster server is measured for less long. */
const MOST_PER_SECOND = 100_000

/** Ours, with a topic and a group for bodies of one size. Each message has to come once. */
export class PulledDdmq {
  readonly #ddmq: RunningDdmq
  readonly #group: string
  readonly #backlog: Backlog
  readonly #seen = new SeenOffsets()

  private constructor(ddmq: RunningDdmq, group: string, backlog: Backlog) {
    this.#ddmq = ddmq
    this.#group = group
    this.#backlog = backlog
  }

  static async subscribe(ddmq: RunningDdmq, bodyBytes: number): Promise<PulledDdmq> {
    const [topic, group] = [`backlog_${bodyBytes}`, `cg_backlog_${bodyBytes}`]
    await ddmq.run('topic', 'create', topic, '--partitions', `${PARTITIONS}`)
    // Twice what the connections can have with them: else one waits for what another acknowledges.
    const wide = ['--max-pull-batch-size', `${BATCH}`, '--concurrency', `${2 * MOST_CONNECTIONS * BATCH}`]
    await subscribe(ddmq, { topic, group }, wide)
    return new PulledDdmq(ddmq, group, new Backlog({ producer: ddmq.producer, topic, bodyBytes }))
  }

  async warmUp(seconds: number): Promise<void> {
    await this.#fillFor(seconds)
    requireNoErrors(await this.#pull(WARM_UP_CONNECTIONS, seconds))
  }

  async measure(connections: number, seconds: number): Promise<Sample> {
    await this.#fillFor(warmUpSeconds(seconds) + seconds)
    requireNoErrors(await this.#pull(connections, warmUpSeconds(seconds)))
    await this.#ddmq.health()
    const sample = loadSample(await this.#pull(connections, seconds))
    return { ...sample, ...(await this.#ddmq.health()) }
  }

  async #fillFor(seconds: number): Promise<void> {
    await this.#backlog.fillTo(MOST_PER_SECOND * seconds + 2 * MOST_CONNECTIONS * BATCH, this.#ddmq.pid)
  }

  async #pull(connections: number, seconds: number) {
    const { consumer, pid } = this.#ddmq
    const limits = { seconds, messages: MOST_PER_SECOND * seconds }
    const target = { addresses: [consumer], pid, connections, group: this.#group, seen: this.#seen }
    const report = await runConsume({ ...limits, ...target })
    this.#backlog.consumed(report.messages)
    return report
  }
}

/** A bare server, which always answers with the same messages of one size. */
export class BareConsumer implements AsyncDisposable {
  readonly #server: SpawnedServer

  private constructor(server: SpawnedServer) {
    this.#server = server
  }

  static async start(bodyBytes: number): Promise<BareConsumer> {
    return new BareConsumer(await spawnServer('peers/constant-consumer.ts', [`${bodyBytes}`]))
  }

  async warmUp(seconds: number): Promise<void> {
    requireNoErrors(await this.#pull(WARM_UP_CONNECTIONS, seconds))
  }

  async measure(connections: number, seconds: number): Promise<Sample> {
    requireNoErrors(await this.#pull(connections, warmUpSeconds(seconds)))
    return loadSample(await this.#pull(connections, seconds))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]()
  }

  #pull(connections: number, seconds: number) {
    const { address, pid } = this.#server
    return runConsume({ addresses: [address], pid, connections, seconds, group: 'cg_bare' })
  }
}
