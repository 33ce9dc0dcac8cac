import type { Bench } from '../report/scenario.ts'
import { RunningDdmq } from '../servers/running-ddmq.ts'
import { TopicEnd } from '../servers/topic-end.ts'
import { type Burst, measureBurst } from './embedded-burst.ts'
import { LeadTime } from './lead-time.ts'
import { type DelayReport, runDelay } from './run-delay.ts'

export interface EmbeddedPlan {
  readonly count: number
  /** From the first due time to the last. */
  readonly spanMs: number
}

export const EMBEDDED_BODY_BYTES = 200
/** Nobody pulls these. */
const FIRED_TOPIC = 'bench_fired'
const PULLED_TOPIC = 'bench_pulled'
const GROUP = 'cg_bench_pulled'
const LEAD = { marginMs: 1000, perSecond: 5000, repeats: 2 }
const WARM_BURST = 6000
const CONNECTIONS = 16
const PATIENCE_MS = 30_000

/** An `up` of its own with topics for delayed messages, warm. */
export class EmbeddedDelays implements AsyncDisposable {
  readonly #ddmq: RunningDdmq
  readonly #firedEnd: TopicEnd
  /** Nobody pulls while a burst is sent, so it is accepted at another speed. */
  readonly #burstLead = new LeadTime(LEAD)
  readonly #pulledLead = new LeadTime(LEAD)

  private constructor(ddmq: RunningDdmq, firedEnd: TopicEnd) {
    this.#ddmq = ddmq
    this.#firedEnd = firedEnd
  }

  static async start(bench: Bench, name: string): Promise<EmbeddedDelays> {
    const ddmq = await RunningDdmq.start(bench, name)
    try {
      for (const topic of [FIRED_TOPIC, PULLED_TOPIC]) await ddmq.run('topic', 'create', topic, '--delay')
      await ddmq.run('group', 'create', GROUP)
      await ddmq.run('sub', 'create', GROUP, PULLED_TOPIC, '--max-pull-batch-size', '32')
      const delays = new EmbeddedDelays(ddmq, await TopicEnd.of(ddmq, FIRED_TOPIC))
      await delays.burst({ count: WARM_BURST, spanMs: 0 })
      await delays.deliver({ count: 500, spanMs: 500 })
      return delays
    } catch (thrown) {
      await ddmq[Symbol.asyncDispose]()
      throw thrown
    }
  }

  /** Nobody pulls these messages. */
  burst({ count, spanMs }: EmbeddedPlan): Promise<Burst> {
    const options = { topic: FIRED_TOPIC, bodyBytes: EMBEDDED_BODY_BYTES, count, spanMs }
    return this.#burstLead.run(
      count,
      afterMs => measureBurst(this.#ddmq, this.#firedEnd, { ...options, afterMs }),
      preparedBy,
    )
  }

  /** Sends messages and pulls them when they are delivered: each once and none early, or it throws. */
  async deliver({ count, spanMs }: EmbeddedPlan): Promise<DelayReport> {
    const { producer, consumer, pid } = this.#ddmq
    const report = await this.#pulledLead.run(
      count,
      afterMs =>
        runDelay({
          addresses: [producer],
          consumers: [consumer],
          connections: CONNECTIONS,
          pid,
          topic: PULLED_TOPIC,
          group: GROUP,
          messages: count,
          bodyBytes: EMBEDDED_BODY_BYTES,
          afterMs,
          spanMs,
          patienceMs: PATIENCE_MS,
        }),
      preparedBy,
    )
    const { delivered, early, duplicates } = report
    if (delivered !== count || early > 0 || duplicates > 0)
      throw new Error(`of ${count} messages ${delivered} were pulled, ${early} early, ${duplicates} twice`)
    return report
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#ddmq[Symbol.asyncDispose]()
  }
}

function preparedBy({ sent, sentTooLate }: Pick<Burst, 'sent' | 'sentTooLate'>) {
  return { isInTime: sentTooLate === 0, preparedPerSecond: sent.messagesPerSecond }
}
