import { Latency } from '../load/latency.ts'
import { type LoadReport, measureLoad, perMessage } from '../load/load-run.ts'
import type { KafkaTopic } from '../servers/kafka-topic.ts'
import { GatheringProducer } from './gathering-producer.ts'

export interface ClientLoad {
  /** Messages at a time. */
  readonly inFlight: number
  readonly bodyBytes: number
  readonly seconds: number
}

/** The Kafka client in this process, no proxy, no network but Kafka's. All runs have one producer: its first one connects. */
export class KafkaClientAlone implements AsyncDisposable {
  readonly #producer: GatheringProducer

  constructor(topic: KafkaTopic) {
    this.#producer = new GatheringProducer(topic)
  }

  async run({ inFlight, bodyBytes, seconds }: ClientLoad): Promise<LoadReport> {
    const body = Buffer.alloc(bodyBytes, '.')
    const latency = new Latency()
    let messages = 0
    const untilMs = performance.now() + seconds * 1000
    const sendOn = async (): Promise<void> => {
      for (let startMs = performance.now(); startMs < untilMs; ) {
        await new Promise<void>(resolve => this.#producer.send(body, resolve))
        const nowMs = performance.now()
        latency.record(nowMs - startMs)
        messages += 1
        startMs = nowMs
      }
    }
    const usage = await measureLoad(process.pid, () => Promise.all(Array.from({ length: inFlight }, sendOn)))
    return { messages, ...latency.summary(), errors: {}, ...perMessage(usage, messages) }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#producer.close()
  }
}
