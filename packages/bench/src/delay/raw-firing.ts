import { randomBytes } from 'node:crypto'
import { measureLoad, perMessage } from '../load/load-run.ts'
import { RawTransactions } from '../peers/run-raw-transactions.ts'
import { type KafkaDelays, PARTITIONS, SHARDS } from '../servers/kafka-delays.ts'
import { Arrivals } from './arrivals.ts'
import { LogFollower } from './log-follower.ts'
import { BODY_BYTES, type Delivery } from './measure-delivery.ts'
import { untilArrived } from './until-arrived.ts'

/** Deliveries per transaction of the delay service, by default. */
const BATCH = 2000
const TABLE = 'raw_table'

/** The transactions of firing without the delay service, on the same Kafka; measured as the delay service is. */
export class RawFiring implements AsyncDisposable {
  readonly #kafka: KafkaDelays
  readonly #raw: RawTransactions

  private constructor(kafka: KafkaDelays) {
    const { topic, address } = kafka
    this.#kafka = kafka
    this.#raw = new RawTransactions({
      bootstrapServers: address.bootstrapServers,
      topic,
      partitions: PARTITIONS,
      table: TABLE,
      shards: SHARDS,
      batch: BATCH,
      bodyBytes: BODY_BYTES,
    })
  }

  static async start(kafka: KafkaDelays): Promise<RawFiring> {
    const { admin } = kafka.cluster
    await admin.createTopic({ topic: TABLE, partitions: SHARDS, compacted: true, appendTime: true })
    return new RawFiring(kafka)
  }

  /** From the moment it may begin, all records made, to the last arrival in the log: each once, or it throws. */
  async deliver(
    count: number,
  ): Promise<Pick<Delivery, 'perSecond' | 'cpuMicroseconds' | 'generatorCpuShare'>> {
    const { cluster, topic } = this.#kafka
    const run = randomBytes(4).toString('hex')
    const arrivals = new Arrivals(run)
    await using _follower = await LogFollower.open(cluster, topic, records =>
      arrivals.take(records, Date.now()),
    )
    await this.#raw.prepare({ run, count, dueMs: Date.now() })
    const startMs = Date.now()
    const usage = await measureLoad(this.#raw.pid, async () => {
      await this.#raw.commit()
      await untilArrived(arrivals, count, startMs)
    })
    arrivals.check(count)
    const { cpuMicrosecondsPerMessage: cpuMicroseconds = Number.NaN, generatorCpuShare } = perMessage(
      usage,
      count,
    )
    const perSecond = (count / Math.max(1, arrivals.lastMs - startMs)) * 1000
    return { perSecond, cpuMicroseconds, generatorCpuShare }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#raw[Symbol.asyncDispose]()
  }
}
