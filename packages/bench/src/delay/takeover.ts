import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { eventually } from '@ddmq/testkit'
import type { Bench } from '../report/scenario.ts'
import { KafkaDelays } from '../servers/kafka-delays.ts'
import { RunningChronos } from '../servers/running-chronos.ts'
import type { Health } from '../servers/scraped.ts'
import { decodeDelayedBody } from './delayed-body.ts'
import { LogFollower } from './log-follower.ts'
import { addToTable } from './table-adds.ts'

/** Least that a broker allows by default. */
export const SESSION_MS = 6000
const MESSAGES = 300
const SPAN_MS = 3000
const LEAD_MS = 1000
const KILL_AFTER_MS = 500
const PATIENCE_MS = 60_000
const BODY_BYTES = 200

/** Of the new owner: its event loop from the kill to the last message. */
export interface Takeover extends Health {
  /** From the kill until the first message that is due after it arrives. */
  readonly tookMs: number
}

/** Two delay services on one shard: its owner, and a standby that follows it. */
export class TakeoverPair implements AsyncDisposable {
  readonly #bench: Bench
  readonly #kafka: KafkaDelays
  #owner: RunningChronos
  #standby: RunningChronos
  #started = 0

  private constructor(
    bench: Bench,
    { kafka, owner, standby }: { kafka: KafkaDelays; owner: RunningChronos; standby: RunningChronos },
  ) {
    this.#bench = bench
    this.#kafka = kafka
    this.#owner = owner
    this.#standby = standby
  }

  static async start(bench: Bench): Promise<TakeoverPair> {
    await using stack = new AsyncDisposableStack()
    const kafka = stack.use(await KafkaDelays.start({ shards: 1 }))
    const owner = stack.use(await startChronos(bench, kafka, 'first'))
    await owner.untilOwnerOf(1)
    const standby = stack.use(await startChronos(bench, kafka, 'second'))
    await standby.untilStandby()
    stack.move()
    return new TakeoverPair(bench, { kafka, owner, standby })
  }

  /**
   * Kills the owner while messages become due. All of them arrive once, or it throws. Afterwards there is a new standby.
   */
  async kill(): Promise<Takeover> {
    const { cluster, table, topic } = this.#kafka
    const run = randomBytes(4).toString('hex')
    const arrived = new Map<number, number>()
    let killedMs = Number.POSITIVE_INFINITY
    let tookMs: number | undefined
    await using _follower = await LogFollower.open(cluster, topic, records => {
      const nowMs = Date.now()
      for (const { value } of records) {
        const body = decodeDelayedBody(value ?? undefined)
        if (body?.run !== run) continue
        arrived.set(body.number, (arrived.get(body.number) ?? 0) + 1)
        if (body.dueMs > killedMs) tookMs ??= nowMs - killedMs
      }
    })
    const firstDueMs = Date.now() + LEAD_MS
    const adds = { run, count: MESSAGES, bodyBytes: BODY_BYTES, firstDueMs, spanMs: SPAN_MS }
    await addToTable(cluster, { ...adds, table, topic, shards: [0] })
    await delay(firstDueMs + KILL_AFTER_MS - Date.now())
    await this.#standby.look()
    killedMs = Date.now()
    await this.#owner.kill()
    await eventually(() => {
      if (arrived.size < MESSAGES) throw new Error(`${arrived.size} of ${MESSAGES} messages arrived`)
    }, PATIENCE_MS)
    if ([...arrived.values()].some(times => times > 1)) throw new Error('a message was delivered twice')
    const { eventLoopP99Ms, rssMiB } = await this.#standby.look()
    await this.#replace()
    if (tookMs === undefined) throw new Error('no message was due after the kill')
    return { tookMs, eventLoopP99Ms, rssMiB }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#owner[Symbol.asyncDispose]()
    await this.#standby[Symbol.asyncDispose]()
    await this.#kafka[Symbol.asyncDispose]()
  }

  async #replace(): Promise<void> {
    this.#owner = this.#standby
    this.#standby = await startChronos(this.#bench, this.#kafka, `next-${this.#started++}`)
    await this.#standby.untilStandby()
  }
}

function startChronos(bench: Bench, { address }: KafkaDelays, name: string): Promise<RunningChronos> {
  return RunningChronos.start(bench, {
    ...address,
    name: `delay-takeover-${name}`,
    sessionTimeoutMs: SESSION_MS,
  })
}
