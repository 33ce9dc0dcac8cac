import {
  DELAY_TYPES,
  type DelayId,
  firstRound,
  formatDelayId,
  isDelayType,
  lastRound,
  parseDelayId,
  roundOf,
} from '@ddmq/common/delay'
import { type DelayMessage as WireDelay, Message as WireMessage } from '@ddmq/common/idl'
import type { PendingDelay } from './pending-delay.ts'

interface Waiting {
  readonly wire: WireDelay
  /** Id of the first round. */
  readonly first: DelayId
  nextRound: number
  /** Rounds from this one on are not delivered. */
  endRound: number
}

const ANY_PARTITION = -2
/** As the server's: the expiry in the id of a message that is delivered once. */
const ONCE_EXPIRES_AFTER = 172_800

/** Delayed messages of the test double. No time passes here: the test says when they are due. */
export class MemoryDelays {
  readonly #store: (wire: WireMessage) => void
  /** By topic and id of the first round. */
  readonly #waiting = new Map<string, Waiting>()

  constructor(store: (wire: WireMessage) => void) {
    this.#store = store
  }

  get pending(): readonly PendingDelay[] {
    return this.#inDueOrder().map(([, waiting]) => ({
      topic: waiting.wire.topic ?? '',
      delayId: nextIdOf(waiting),
      dueMs: dueMsOf(waiting),
      body: waiting.wire.body ?? new Uint8Array(),
    }))
  }

  /** Carries out an add or a cancel; the answer is the id. */
  apply(wire: WireDelay): string {
    if (wire.uniqDelayMsgId !== undefined) return this.#cancel(wire.topic, wire.uniqDelayMsgId)
    const first = firstIdOf(wire)
    const copy = Object.assign(wire, { body: Uint8Array.from(wire.body ?? []) })
    const waiting: Waiting = { wire: copy, first, nextRound: 0, endRound: lastRound(first) + 1 }
    if (waiting.endRound > 0) this.#waiting.set(nameOf(wire.topic, first), waiting)
    return formatDelayId(first)
  }

  /** The next round of all that wait, the first due first; or of the one with this id, any round's. Throws when it does not wait. */
  deliver(delayId: string | undefined): void {
    const all = this.#inDueOrder()
    const chosen = delayId === undefined ? all : all.filter(([, { first }]) => isRoundOf(first, delayId))
    if (delayId !== undefined && chosen.length === 0) throw new Error(`no delayed message ${delayId} waits`)
    for (const [name, waiting] of chosen) this.#deliverNext(name, waiting)
  }

  #inDueOrder(): readonly (readonly [name: string, waiting: Waiting])[] {
    return [...this.#waiting].toSorted(([, one], [, other]) => dueMsOf(one) - dueMsOf(other))
  }

  #deliverNext(name: string, waiting: Waiting): void {
    const { topic, body, tags, properties = [] } = waiting.wire
    const message = Object.assign(new WireMessage(), {
      topic,
      body,
      tags,
      key: nextIdOf(waiting),
      partitionId: ANY_PARTITION,
      properties: new Map([...properties, ['from_chronos', 'from_chronos']]),
    })
    waiting.nextRound += 1
    this.#forgetEnded(name, waiting)
    this.#store(message)
  }

  #cancel(topic: string | undefined, delayId: string): string {
    const id = parseDelayId(delayId)
    for (const [name, waiting] of this.#waiting) {
      if (typeof id === 'string' || waiting.wire.topic !== topic || !isRoundOf(waiting.first, delayId))
        continue
      waiting.endRound = Math.min(waiting.endRound, id.timed)
      this.#forgetEnded(name, waiting)
    }
    return delayId
  }

  #forgetEnded(name: string, { nextRound, endRound }: Waiting): void {
    if (nextRound >= endRound) this.#waiting.delete(name)
  }
}

function firstIdOf({
  timestamp = 0,
  dmsgtype = 0,
  interval = 0,
  times = 0,
  expire,
  uuid = '',
}: WireDelay): DelayId {
  return {
    timestamp,
    type: isDelayType(dmsgtype) ? dmsgtype : DELAY_TYPES.once,
    expire: expire ?? timestamp + ONCE_EXPIRES_AFTER,
    times,
    timed: 0,
    interval,
    seq: 0,
    uuid,
  }
}

function nextIdOf({ first, nextRound }: Waiting): string {
  return formatDelayId(roundOf(first, nextRound))
}

function dueMsOf({ first, nextRound, wire }: Waiting): number {
  return roundOf(first, nextRound).timestamp * 1000 + (wire.milliseconds ?? 0)
}

function isRoundOf(first: DelayId, delayId: string): boolean {
  const id = parseDelayId(delayId)
  const itsFirst = typeof id === 'string' ? undefined : firstRound(id)
  return itsFirst !== undefined && formatDelayId(itsFirst) === formatDelayId(first)
}

function nameOf(topic: string | undefined, first: DelayId): string {
  return `${topic}/${formatDelayId(first)}`
}
