import { formatDelayId } from '@ddmq/common/delay'
import { StorageError } from '@ddmq/storage'
import { messageName, messageRecord } from '@ddmq/storage/delay'
import type { DelayAdd } from '../core/delay-add.ts'
import { delayClusterIndex, delaySeq } from '../core/delay-place.ts'
import type { Outcome } from '../core/result-code.ts'
import type { ActiveTopic } from './active-topic.ts'
import type { DelayTables } from './delay-tables.ts'
import { type LimitedSend, LimitedSends, type LimitedSendsDeps } from './limited-sends.ts'

interface Add extends LimitedSend {
  readonly add: DelayAdd
}

/**
 * Puts a checked message into the table of delayed messages. Its cluster and partition follow from its uuid alone and there
 * is no attempt elsewhere, so that a client's retry has the same id and is the same message.
 */
export class AddDelayed {
  readonly #clock: LimitedSendsDeps['clock']
  readonly #tables: DelayTables
  readonly #limited: LimitedSends<Add>

  constructor(deps: LimitedSendsDeps, tables: DelayTables) {
    this.#clock = deps.clock
    this.#tables = tables
    this.#limited = new LimitedSends(deps, (topic, send, isHeld) => this.#append(topic, send, isHeld))
  }

  send(topic: ActiveTopic, add: DelayAdd, timeoutMs: number): Outcome | Promise<Outcome> {
    return this.#limited.send(topic, { add, timeoutMs, dueMs: this.#limited.dueMs(timeoutMs) })
  }

  async #append(topic: ActiveTopic, send: Add, isHeld: boolean): Promise<Outcome> {
    const { add, dueMs } = send
    const { schedule, milliseconds, content } = add
    const index = delayClusterIndex(schedule.uuid, topic.targets.length)
    const table = await this.#tables.in(topic, index, dueMs)
    if ('code' in table) return table
    if (table.target.isRetired) return this.#limited.appendAnew(topic, send, isHeld)
    const seq = delaySeq(schedule.uuid, table.partitions.length)
    const partition = table.partitions[seq]
    if (partition === undefined)
      throw new StorageError('unavailable', `topic ${table.topic} has no partition`)
    const id = formatDelayId({ ...schedule, seq })
    const name = messageName({ topic: topic.route.topic, id, milliseconds })
    const record = messageRecord(name, content, this.#clock.nowMs())
    return this.#tables.append(topic, { table, partition }, { id, record, dueMs })
  }
}
