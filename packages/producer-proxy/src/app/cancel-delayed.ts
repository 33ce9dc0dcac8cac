import { formatDelayId } from '@ddmq/common/delay'
import type { StorageError } from '@ddmq/storage'
import { cancelRecord, messageName } from '@ddmq/storage/delay'
import type { DelayCancel } from '../core/delay-cancel.ts'
import { type Outcome, outcomeOf } from '../core/result-code.ts'
import type { ActiveTopic } from './active-topic.ts'
import { type DelayPlace, type DelayTables, isUnknown } from './delay-tables.ts'
import { type LimitedSend, LimitedSends, type LimitedSendsDeps } from './limited-sends.ts'

/** One per cluster whose table has the partition, or why it was not found in that cluster. */
type Places = readonly (DelayPlace | Outcome)[]

interface Cancel extends LimitedSend {
  readonly cancel: DelayCancel
}

/**
 * Puts a checked cancel into the table of delayed messages of every cluster of the topic: the message may have been added
 * while the topic had others. It is answered 0 when all have stored it; repeating it changes nothing.
 */
export class CancelDelayed {
  readonly #deps: LimitedSendsDeps
  readonly #tables: DelayTables
  readonly #limited: LimitedSends<Cancel>

  constructor(deps: LimitedSendsDeps, tables: DelayTables) {
    this.#deps = deps
    this.#tables = tables
    this.#limited = new LimitedSends(deps, (topic, send, isHeld) => this.#append(topic, send, isHeld))
  }

  send(topic: ActiveTopic, cancel: DelayCancel, timeoutMs: number): Outcome | Promise<Outcome> {
    return this.#limited.send(topic, { cancel, timeoutMs, dueMs: this.#limited.dueMs(timeoutMs) })
  }

  /** That its partition exists (34) is checked after the limits are charged: for one that is not known a cluster is asked. */
  async #append(topic: ActiveTopic, send: Cancel, isHeld: boolean): Promise<Outcome> {
    const { cancel, dueMs } = send
    const places = await this.#places(topic, cancel, dueMs)
    const refusal = refusalOf(places, cancel)
    if (refusal !== undefined) return refusal
    // Where a connection was replaced meanwhile, all places are looked up once more.
    if (places.some(isRetired)) return this.#limited.appendAnew(topic, send, isHeld)
    const { first, round, untilMs, uniqDelayMsgId: id } = cancel
    const name = messageName({ topic: topic.route.topic, id: formatDelayId(first), milliseconds: 0 })
    const record = cancelRecord(name, { round, untilMs }, this.#deps.clock.nowMs())
    const outcomes = await Promise.all(
      places.map(async place =>
        'code' in place ? place : this.#tables.append(topic, place, { id, record, dueMs }),
      ),
    )
    const failed = outcomes.find(outcome => outcome.code !== 0)
    return failed ?? { ...outcomeOf('OK'), uniqDelayMsgId: id }
  }

  /** A cluster without a table, as an adopted one may be, has no message: it only counts (14) where all others have none either. */
  async #places(topic: ActiveTopic, { first, uniqDelayMsgId }: DelayCancel, dueMs: number): Promise<Places> {
    let noTable: StorageError | undefined
    const asked = await Promise.all(
      topic.targets.map(async (_, index) => {
        try {
          return await this.#tables.place(topic, index, first.seq, dueMs)
        } catch (thrown) {
          if (isUnknown(thrown)) {
            noTable ??= thrown
            return undefined
          }
          const outcome = this.#deps.failures.outcomeOf(thrown, topic, dueMs)
          return outcome.name === 'FAIL_TIMEOUT' ? { ...outcome, uniqDelayMsgId } : outcome
        }
      }),
    )
    const places = asked.filter(place => place !== undefined)
    if (noTable === undefined || places.length > 0) return places
    return [this.#deps.failures.outcomeOf(noTable, topic, dueMs)]
  }
}

/** Where no cluster can store it. */
function refusalOf(places: Places, { first, uniqDelayMsgId }: DelayCancel): Outcome | undefined {
  if (places.some(place => !('code' in place))) return undefined
  const failure = places.find(place => 'code' in place)
  if (failure !== undefined) return failure
  const reason = `there is no partition ${first.seq}`
  return { ...outcomeOf('FAIL_ILLEGAL_DELAY_INNER_TOPIC_SEQ', reason), uniqDelayMsgId }
}

function isRetired(place: DelayPlace | Outcome): boolean {
  return !('code' in place) && place.table.target.isRetired
}
