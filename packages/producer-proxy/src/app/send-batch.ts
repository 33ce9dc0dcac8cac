import type { ByteBudget } from '@ddmq/common/async'
import type { Message } from '@ddmq/common/idl'
import { type Append, type AppendOutcome, type LogRecord, StorageError } from '@ddmq/storage'
import { bodyOf, recordOf } from '../core/log-record.ts'
import { type Outcome, outcomeOf } from '../core/result-code.ts'
import { partitionIndex } from '../core/selection.ts'
import { isReservedForDelayService } from '../core/topic-route.ts'
import { problemOfMessage } from '../core/validation.ts'
import type { ActiveTopic } from './active-topic.ts'
import { chooseTarget } from './choose-target.ts'
import { partitionsOf } from './partitions-of.ts'
import type { SendDeps } from './send-message.ts'
import { Target } from './target.ts'

/** A message that may be sent, and its topic. */
interface Member {
  readonly message: Message
  readonly body: Uint8Array
  readonly topic: ActiveTopic
}

/** The members of one partition, in list order: one append, stored whole or not at all. */
interface Group extends Append {
  readonly active: ActiveTopic
  readonly target: Target
  readonly records: LogRecord[]
}

/** A failure before anything was stored: it is the result of every member. */
type Checked = { readonly members: readonly Member[] } | { readonly refusal: Outcome }

/**
 * Publishes a list with one result (producer-proxy.md §7.4).
 *
 * B1 A list with a member that cannot be sent is refused whole, with the code of the first such member, before anything
 *    is stored.
 * B2 Members of one partition are stored in list order, all or none, so no member is stored after a failed one.
 * B3 The result is 0 when all are stored, else the failure of the first partition, in list order, that failed.
 */
export class SendBatch {
  readonly #deps: SendDeps
  readonly #budget: ByteBudget

  constructor(deps: SendDeps, budget: ByteBudget) {
    this.#deps = deps
    this.#budget = budget
  }

  send(messages: readonly Message[]): Outcome | Promise<Outcome> {
    if (messages.length === 0) return outcomeOf('OK')
    const checked = this.#check(messages)
    if ('refusal' in checked) return this.#countRefused(messages, checked.refusal)
    const { members } = checked
    const { clock, engineWaitMs, holds } = this.#deps
    const dueMs = clock.monotonicMs() + engineWaitMs
    if (this.#admit(members)) return this.#publish(members, dueMs)
    return holds.hold({
      intervalMs: members[0]?.topic.route.limiterRetryIntervalMs ?? 0,
      timeoutMs: engineWaitMs,
      dueMs,
      again: () => this.#sendHeld(messages, dueMs),
      ended: outcome => this.#countRefused(messages, outcome),
    })
  }

  /** The second attempt, on the configuration that is in force by then. */
  #sendHeld(messages: readonly Message[], dueMs: number): Outcome | Promise<Outcome> {
    const checked = this.#check(messages)
    if ('refusal' in checked) return this.#countRefused(messages, checked.refusal)
    if (this.#admit(checked.members)) return this.#publish(checked.members, dueMs)
    return this.#countRefused(messages, outcomeOf('FAIL_REFUSED_BY_RATE_LIMITER'))
  }

  #check(messages: readonly Message[]): Checked {
    const { table } = this.#deps
    const innerTopicPrefix = table.innerTopicPrefix
    const members: Member[] = []
    for (const [position, message] of messages.entries()) {
      const topic = table.get(message.topic)
      const body = bodyOf(message)
      const rules = { innerTopicPrefix, maxBodyBytes: table.maxBodyBytes(topic) }
      const problem = problemOfMessage(message.topic, message, body, rules)
      if (problem !== undefined || body === undefined) {
        return { refusal: outcomeOf('FAIL_ILLEGAL_MSG', `message ${position}: ${problem}`) }
      }
      if (topic === undefined) return { refusal: outcomeOf('FAIL_TOPIC_NOT_ALLOWED', `message ${position}`) }
      if (isReservedForDelayService(topic.route, message)) {
        return { refusal: outcomeOf('FAIL_TOPIC_IS_DELAY', `message ${position}`) }
      }
      members.push({ message, body, topic })
    }
    return { members }
  }

  /** Charges every message: first each topic with its own, then the node with all. */
  #admit(members: readonly Member[]): boolean {
    const { table } = this.#deps
    const counts = new Map<ActiveTopic, number>()
    for (const { topic } of members) counts.set(topic, (counts.get(topic) ?? 0) + 1)
    for (const [topic, count] of counts) if (!table.admitTopic(topic, count)) return false
    const first = members[0]
    return first === undefined || table.admitNode(first.topic, members.length)
  }

  /** Cluster and partition of every member are chosen before the first is stored. */
  async #publish(members: readonly Member[], dueMs: number): Promise<Outcome> {
    const groups = new Map<string, Group>()
    for (const member of members) {
      const failure = await this.#place(member, groups, dueMs)
      if (failure !== undefined) return countAll(members, failure)
    }
    const placed = [...groups.values()]
    if (placed.some(({ target }) => target.isRetired)) return this.#publishAnew(members, dueMs)
    return this.#append(placed, dueMs)
  }

  /** A connection was replaced while partitions were asked for: nothing was sent yet. */
  #publishAnew(members: readonly Member[], dueMs: number): Outcome | Promise<Outcome> {
    const { table } = this.#deps
    const current = members.flatMap(member => {
      const topic = table.get(member.topic.route.topic)
      return topic === undefined ? [] : [{ ...member, topic }]
    })
    if (current.length < members.length) return countAll(members, outcomeOf('FAIL_TOPIC_NOT_ALLOWED'))
    return this.#publish(current, dueMs)
  }

  async #place(member: Member, groups: Map<string, Group>, dueMs: number): Promise<Outcome | undefined> {
    const { clock, random, failures, clusters } = this.#deps
    const { message, body, topic } = member
    const name = topic.route.topic
    try {
      const target = chooseTarget(topic, message, clusters, random)
      if (!(target instanceof Target)) return target
      const partitions = await partitionsOf(target.cluster, name, clock, dueMs)
      const partition = partitions[partitionIndex(message, partitions.length, random)]
      if (partition === undefined) throw new StorageError('unavailable', `topic ${name} has no partition`)
      const key = JSON.stringify([target.cluster.clusterName, name, partition])
      const group = groups.get(key)
      const record = recordOf(message, body, clock.nowMs())
      if (group === undefined)
        groups.set(key, { active: topic, target, topic: name, partition, records: [record] })
      else group.records.push(record)
      return undefined
    } catch (thrown) {
      return failures.outcomeOf(thrown, topic, dueMs)
    }
  }

  async #append(groups: readonly Group[], dueMs: number): Promise<Outcome> {
    const bytes = groups.reduce((sum, group) => sum + bytesOf(group.records), 0)
    if (!this.#budget.tryDraw(bytes)) {
      const overload = outcomeOf('FAIL_REFUSED_BY_RATE_LIMITER', 'over the budget of bytes in memory')
      for (const group of groups) group.active.tally.results[overload.name] += group.records.length
      return overload
    }
    try {
      const targets = [...new Set(groups.map(group => group.target))]
      const appended = await Promise.all(targets.map(target => this.#appendTo(target, groups, dueMs)))
      const failed = new Map(appended.flat())
      const first = groups.find(group => failed.has(group))
      return (first && failed.get(first)) ?? outcomeOf('OK')
    } finally {
      this.#budget.giveBack(bytes)
    }
  }

  /** One call per cluster. Answers the groups that failed, each with its result. */
  async #appendTo(target: Target, all: readonly Group[], dueMs: number): Promise<[Group, Outcome][]> {
    const { clock, failures } = this.#deps
    const groups = all.filter(group => group.target === target)
    const failed: [Group, Outcome][] = []
    const outcomes = await appendAll(target, groups, Math.max(1, dueMs - clock.monotonicMs()))
    for (const [index, group] of groups.entries()) {
      const stored = outcomes[index]
      const outcome =
        stored !== undefined && 'baseOffset' in stored
          ? outcomeOf('OK')
          : failures.outcomeOf(stored?.error, group.active, dueMs)
      group.active.tally.results[outcome.name] += group.records.length
      if (outcome.code !== 0) failed.push([group, outcome])
    }
    return failed
  }

  #countRefused(messages: readonly Message[], outcome: Outcome): Outcome {
    const { table, metrics } = this.#deps
    for (const { topic } of messages) metrics.refused(table.get(topic)?.tally, outcome.name)
    return outcome
  }
}

type Attempt = AppendOutcome | { readonly error: unknown }

async function appendAll(
  target: Target,
  groups: readonly Group[],
  deadlineMs: number,
): Promise<readonly Attempt[]> {
  try {
    return await target.appendBatch(groups, deadlineMs)
  } catch (error) {
    return groups.map(() => ({ error }))
  }
}

function countAll(members: readonly Member[], outcome: Outcome): Outcome {
  for (const { topic } of members) topic.tally.results[outcome.name]++
  return outcome
}

function bytesOf(records: readonly LogRecord[]): number {
  return records.reduce((sum, record) => sum + (record.value?.length ?? 0), 0)
}
