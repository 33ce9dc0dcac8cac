import { setTimeout as delay } from 'node:timers/promises'
import type { RunningDdmq } from '../../servers/running-ddmq.ts'
import { Backlog, subscribe } from './backlog.ts'
import type { PushSink } from './push-sink.ts'

const NAMES = { topic: 'pushed', group: 'cg_pushed' }
const PARTITIONS = 8
const BODY_BYTES = 200
/** Of the backlog, per second. */
const MOST_PER_SECOND = 50_000
/** Pushing begins before the command that enables it has ended, and ends after the next one has begun. */
const MARGIN_SECONDS = 2
const LOOK_MS = 20
const PATIENCE_MS = 10_000

/** A group of ours that pushes a backlog while it is told to. */
export class PushingDdmq {
  readonly #ddmq: RunningDdmq
  readonly #sink: PushSink
  readonly #backlog: Backlog

  private constructor(ddmq: RunningDdmq, sink: PushSink) {
    this.#ddmq = ddmq
    this.#sink = sink
    this.#backlog = new Backlog({ producer: ddmq.producer, topic: NAMES.topic, bodyBytes: BODY_BYTES })
  }

  static async subscribe(ddmq: RunningDdmq, sink: PushSink, concurrency: number): Promise<PushingDdmq> {
    await ddmq.run('topic', 'create', NAMES.topic, '--partitions', `${PARTITIONS}`)
    const how = ['--push', `${sink.origin}/push`, '--concurrency', `${concurrency}`, '--disabled']
    await subscribe(ddmq, NAMES, how)
    return new PushingDdmq(ddmq, sink)
  }

  /** Pushes meanwhile, which takes so long. Rejects when the backlog did not last. */
  async pushing<Result>(seconds: number, meanwhile: () => Promise<Result>): Promise<Result> {
    const size = await this.#backlog.fillTo(MOST_PER_SECOND * (seconds + MARGIN_SECONDS), this.#ddmq.pid)
    const { posts } = await this.#sink.seen()
    await this.#ddmq.run('sub', 'enable', NAMES.group, NAMES.topic)
    await this.#untilMoreThan(posts)
    const result = await meanwhile()
    if ((await this.#sink.seen()).posts - posts >= size) throw new Error('the backlog was too small')
    await this.#ddmq.run('sub', 'disable', NAMES.group, NAMES.topic)
    this.#backlog.consumed((await this.#sink.seen()).posts - posts)
    return result
  }

  async #untilMoreThan(posts: number): Promise<void> {
    const untilMs = performance.now() + PATIENCE_MS
    while ((await this.#sink.seen()).posts === posts) {
      if (performance.now() > untilMs) throw new Error('nothing is pushed')
      await delay(LOOK_MS)
    }
  }
}
