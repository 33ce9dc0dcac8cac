import { type AppendOutcome, encodeMessageHeaders } from '@ddmq/storage'
import {
  cancelName,
  cancelRecord,
  delayDeadLetterTopic,
  delayTableSpec,
  messageRecord,
  RETRY_WINDOW_MS,
} from '@ddmq/storage/delay'
import { type Action, type DiskFate, type InstanceId, isDisturbing } from './actions.ts'
import {
  INNER_PREFIX,
  type Message,
  type MessageSpec,
  messageOf,
  SHARDS,
  START_MS,
  TABLE,
  TOPICS,
} from './messages.ts'
import { type Add, type Cancel, type History, missing, problems } from './reference.ts'
import type { RunningInstance, ServiceUnderTest } from './service-under-test.ts'
import type { ReadableRecord } from './simulated-brokers.ts'
import type { SimulatedProcess } from './simulated-process.ts'
import { SimulatedWorld } from './simulated-world.ts'

const APPEND = { deadlineMs: 5_000 } as const
const STOP_MS = 3_000
/** Short, so that runs reach it. */
const TOMBSTONES_MS = 60_000
/** A service that has not delivered by so long after everything was healed never will. */
const PATIENCE_MS = 400_000
const STEP_MS = 1_000

interface Instance<Disk> {
  readonly process: SimulatedProcess
  readonly running: RunningInstance
  disk: Disk
}

/** One run: the actions are done in turn, then all is healed, time passes, and what was delivered is compared with the reference. */
export class ModelRun<Disk> {
  readonly #service: ServiceUnderTest<Disk>
  readonly #world: SimulatedWorld
  readonly #history: History
  readonly #producer
  readonly #instances = new Map<InstanceId, Instance<Disk>>()
  readonly #copies = new Map<InstanceId, Disk>()

  constructor(service: ServiceUnderTest<Disk>, deck: readonly MessageSpec[], seed: number) {
    this.#service = service
    service.begin?.()
    this.#world = new SimulatedWorld(seed, { hasTransactions: service.withoutTransactions !== true })
    this.#history = { messages: deck.map(messageOf), adds: [], cancels: [], repeats: 0, lost: new Set() }
    this.#producer = this.#world.process('producer').cluster
    const { brokers } = this.#world
    brokers.createTopic({ ...delayTableSpec(INNER_PREFIX, SHARDS), tombstoneRetentionMs: TOMBSTONES_MS })
    brokers.createTopic({ topic: delayDeadLetterTopic(INNER_PREFIX), partitions: 1 })
    for (const topic of TOPICS) brokers.createTopic({ topic, partitions: 2 })
    this.#start('a', 'kept')
  }

  /** Answers what is wrong; nothing where all is well. */
  async play(actions: readonly Action[]): Promise<readonly string[]> {
    for (const action of actions) {
      if (this.#service.withoutTransactions && isDisturbing(action)) this.#history.repeats++
      await this.#act(action)
    }
    await this.#heal()
    const { clock } = this.#world
    await clock.advance(Math.max(0, this.#lastDueMs() - clock.nowMs()))
    const untilMs = clock.nowMs() + PATIENCE_MS
    while (clock.nowMs() < untilMs && this.#missing().length > 0) await clock.advance(STEP_MS)
    if (this.#missing().length === 0) await this.#successor()
    return problems(this.#history, this.#delivered(), this.#service.earlyMs)
  }

  /** The story of the run, for a person. */
  describe(): string {
    const { adds, cancels, messages } = this.#history
    return [
      ...messages.map(
        ({ name, rounds }, index) =>
          `message ${index} ${name}: due ${rounds.map(({ dueMs }) => at(dueMs)).join(', ')}`,
      ),
      ...adds.map(
        ({ message, sentMs, ackedMs, isCut }) =>
          `add ${message} sent ${at(sentMs)} acked ${at(ackedMs)}${isCut ? ' cut' : ''}`,
      ),
      ...cancels.map(
        ({ message, round, sentMs, ackedMs, isCut }) =>
          `cancel ${message} from round ${round} sent ${at(sentMs)} acked ${at(ackedMs)}${isCut ? ' cut' : ''}`,
      ),
      ...this.#delivered().map(
        ({ key, topic, readableMs }) => `delivered ${topic} ${key} at ${at(readableMs)}`,
      ),
    ].join('\n')
  }

  // oxlint-disable-next-line complexity -- one case per action
  async #act(action: Action): Promise<void> {
    if ('instance' in action) return this.#disturb(action)
    const { brokers, clock } = this.#world
    switch (action.do) {
      case 'advance':
        return clock.advance(action.ms)
      case 'advanceTo': {
        const dueMs = this.#history.messages[action.message]?.rounds[0]?.dueMs ?? 0
        return clock.advance(Math.max(0, dueMs - action.beforeMs - clock.nowMs()))
      }
      case 'add':
        return this.#add(action.message)
      case 'cancel':
        return this.#cancel(action.message, action.round)
      case 'failCommit':
        return brokers.failNextCommit(action.fault)
      case 'failAppend':
        return brokers.failNextAppend(action.fault)
      case 'compact':
        return brokers.compact(TABLE, String(action.shard), action.share)
      case 'elect':
        return brokers.elect(TABLE, String(action.shard))
      case 'stale':
        return brokers.makeStale(TABLE, String(action.shard), action.records)
      case 'losePower':
      case 'loseEnd':
        return this.#loseEnd(action)
      case 'delayMarkers':
        return brokers.transactions.delayMarkers(action.upToMs)
      case 'pauseTopic':
        return this.#service.pauseTopic?.(action.topic, action.isPaused)
      case 'refuse':
        return brokers.refuse(action.topic, action.kind)
      case 'accept':
        return brokers.accept(action.topic)
    }
  }

  #disturb(action: Extract<Action, { readonly instance: InstanceId }>): void {
    const found = this.#instances.get(action.instance)
    if (action.do === 'restart') found?.process.kill()
    if (action.do === 'restart') return this.#start(action.instance, action.disk)
    if (action.do === 'start') return this.#start(action.instance, 'kept')
    if (found === undefined) return
    if (action.do === 'copyDisk') this.#copies.set(action.instance, this.#service.copyDisk(found.disk))
    this.#disturbProcess(action, found)
  }

  #disturbProcess(action: Action, { process, running }: Instance<Disk>): void {
    const { brokers } = this.#world
    if (action.do === 'kill') process.kill()
    if (action.do === 'pause') process.pause(action.suspend)
    if (action.do === 'resume') process.resume()
    if (action.do === 'stepWall') process.stepWall(action.ms)
    if (action.do === 'slow') brokers.slow(process, action.upToMs)
    if (action.do === 'loseSession') brokers.groups.loseSession(process, action.toldAfterMs)
    if (action.do === 'stop' && process.running) this.#stop(process, running)
  }

  #start(id: InstanceId, fate: DiskFate): void {
    const former = this.#instances.get(id)
    if (former?.process.alive) return
    const older = fate === 'older' ? this.#copies.get(id) : undefined
    const kept = fate === 'kept' ? former?.disk : undefined
    const disk = older === undefined ? (kept ?? this.#service.newDisk()) : this.#service.copyDisk(older)
    const { process, cluster } = this.#world.process(id)
    const running = this.#service.start({ instanceId: id, process, cluster, disk })
    this.#instances.set(id, { process, running, disk })
  }

  /** In order, and by force when that takes too long. */
  #stop(process: SimulatedProcess, running: RunningInstance): void {
    const deadline = new AbortController()
    const end = (): void => process.kill()
    running.stop(deadline.signal).then(end, end)
    process.clock.schedule(STOP_MS, () => deadline.abort(new Error('the time to stop is over')))
    process.clock.schedule(2 * STOP_MS, end)
  }

  #add(place: number): void {
    const message = this.#history.messages[place]
    if (message === undefined) return
    const add: Add = { message: place, sentMs: this.#world.clock.nowMs() }
    this.#history.adds.push(add)
    const headers = encodeMessageHeaders('tag', new Map([['colour', 'blue']]))
    this.#append(message, messageRecord(message.name, { body: Buffer.from(message.body), headers }, 0), add)
  }

  #cancel(place: number, round: number): void {
    const message = this.#history.messages[place]
    if (message === undefined) return
    const sentMs = this.#world.clock.nowMs()
    const untilMs = Math.max(message.rounds.at(-1)?.dueMs ?? 0, sentMs) + RETRY_WINDOW_MS
    const cancel: Cancel = { message: place, round, sentMs, untilMs }
    this.#history.cancels.push(cancel)
    this.#append(message, cancelRecord(cancelName(message.name), { round, untilMs }, 0), cancel)
  }

  #append({ shard }: Message, record: ReturnType<typeof messageRecord>, written: Add): void {
    const append = { topic: TABLE, partition: shard, records: [record] }
    void this.#acknowledge(this.#producer.append([append], APPEND), written)
  }

  async #acknowledge(appending: Promise<readonly AppendOutcome[]>, written: Add): Promise<void> {
    const [outcome] = await appending
    if (outcome === undefined || 'error' in outcome) return
    written.ackedMs = this.#world.clock.nowMs()
    written.offset = outcome.baseOffset
  }

  #loseEnd({
    do: how,
    share,
    acknowledged,
  }: Extract<Action, { readonly share: number; acknowledged: number }>): void {
    const { brokers } = this.#world
    const breaksConnections = how === 'losePower'
    const before = this.#delivered()
    brokers.losePower(share, acknowledged, breaksConnections)
    if (this.#service.withoutTransactions) this.#noteLost(before)
    for (const written of [...this.#history.adds, ...this.#history.cancels]) {
      const shard = this.#history.messages[written.message]?.shard ?? ''
      // Its answer may still be on its way.
      if (written.offset === undefined && !breaksConnections) written.isCut = true
      if (written.offset !== undefined && written.offset >= brokers.partition(TABLE, shard).endOffset)
        written.isCut = true
    }
  }

  /** The table may be told of a delivery after the log has lost it, where both are not one. */
  #noteLost(before: readonly ReadableRecord[]): void {
    const kept = new Set(this.#delivered().map(({ key }) => key))
    for (const { key } of before) if (!kept.has(key)) this.#history.lost.add(key)
  }

  async #heal(): Promise<void> {
    this.#world.brokers.healAll()
    for (const topic of TOPICS) this.#service.pauseTopic?.(topic, false)
    for (const { process } of this.#instances.values()) {
      process.healWall()
      process.resume()
    }
    // Whoever is stopping ends first.
    await this.#world.clock.advance(2 * STOP_MS)
    this.#start('a', 'kept')
  }

  /** Another instance, without any memory, finds nothing left to do. */
  async #successor(): Promise<void> {
    for (const { process } of this.#instances.values()) process.kill()
    this.#start('c', 'lost')
    await this.#world.clock.advance(10_000)
  }

  /** Of what was added. */
  #lastDueMs(): number {
    const rounds = this.#history.adds.flatMap(({ message }) => this.#history.messages[message]?.rounds ?? [])
    return Math.max(START_MS, ...rounds.map(({ dueMs }) => dueMs))
  }

  #missing(): readonly string[] {
    return missing(this.#history, this.#delivered())
  }

  /** A dead letter counts as delivered to the topic that it was for. */
  #delivered(): readonly ReadableRecord[] {
    const { brokers } = this.#world
    const dead = brokers.readable(delayDeadLetterTopic(INNER_PREFIX)).map(record => {
      const topic = record.headers.find(({ name }) => name === 'ddmq-dead-topic')?.value ?? []
      return { ...record, topic: Buffer.from(topic).toString() }
    })
    return [...TOPICS.flatMap(topic => brokers.readable(topic)), ...dead]
  }
}

/** Since the start of the run. */
function at(ms: number | undefined): string {
  return ms === undefined ? 'never' : `${ms - START_MS}`
}
