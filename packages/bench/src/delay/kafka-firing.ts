import type { Bench } from '../report/scenario.ts'
import { KafkaDelays, SHARDS } from '../servers/kafka-delays.ts'
import { RunningChronos } from '../servers/running-chronos.ts'
import { LeadTime } from './lead-time.ts'
import { type Delivery, measureDelivery } from './measure-delivery.ts'

const ALL_SHARDS = Array.from({ length: SHARDS }, (_, shard) => shard)
const LEAD = { marginMs: 500, perSecond: 20_000, repeats: 2 }

/** A Kafka of its own and one delay service that owns all of its table, warm. */
export class KafkaFiring implements AsyncDisposable {
  readonly kafka: KafkaDelays
  readonly chronos: RunningChronos
  readonly #lead = new LeadTime(LEAD)

  private constructor(kafka: KafkaDelays, chronos: RunningChronos) {
    this.kafka = kafka
    this.chronos = chronos
  }

  /** `name` is that of its folder. */
  static async start(bench: Bench, name: string, brokers: 1 | 3 = 1): Promise<KafkaFiring> {
    await using stack = new AsyncDisposableStack()
    const kafka = stack.use(await KafkaDelays.start({ brokers }))
    const chronos = stack.use(await RunningChronos.start(bench, { ...kafka.address, name }))
    await chronos.untilOwnerOf(SHARDS)
    const firing = new KafkaFiring(kafka, chronos)
    await firing.deliver({ count: 4000, spanMs: 500 })
    stack.move()
    return firing
  }

  /** See `measureDelivery`. All are in the index before they are due. */
  deliver({ count, spanMs }: { readonly count: number; readonly spanMs: number }): Promise<Delivery> {
    return this.#lead.run(
      count,
      leadMs => measureDelivery(this.kafka, this.chronos, { count, spanMs, leadMs, shards: ALL_SHARDS }),
      ({ isInTime, takenInPerSecond }) => ({ isInTime, preparedPerSecond: takenInPerSecond }),
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.chronos[Symbol.asyncDispose]()
    await this.kafka[Symbol.asyncDispose]()
  }
}
