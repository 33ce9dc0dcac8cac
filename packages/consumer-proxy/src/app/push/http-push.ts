import type { Clock } from '@ddmq/common/clock'
import { Bag } from '@ddmq/common/collections'
import { describeError } from '@ddmq/common/errors'
import type { Logger } from '@ddmq/common/log'
import type { JobContent } from '../../core/actions/job-content.ts'
import type { DropReason, Job, JobSink } from '../../core/job.ts'
import type { BreakerRules, Pass } from '../../core/push/endpoint-breaker.ts'
import type { HttpPushClient, PushReply, PushTarget } from '../../core/push/ports.ts'
import type { PushObserver } from '../../core/push/push-observer.ts'
import { buildRequest, planPush, targetsInTurn } from '../../core/push/push-plan.ts'
import { judge, type Verdict } from '../../core/push/push-response.ts'
import type { CallbackRules } from '../../core/push/push-targets.ts'
import { NO_RETRIES, nextStep } from '../../core/push/retry-policy.ts'
import type { Subscription } from '../../core/subscription.ts'
import type { Delivery } from './delivery.ts'
import { Endpoint } from './endpoint.ts'
import { Timers } from './timers.ts'
import { TopicPush } from './topic-push.ts'

export interface HttpPushDeps {
  readonly client: HttpPushClient
  readonly clock: Clock
  /** Uniform in [0, 1): `Math.random` in a process. */
  readonly random: () => number
  readonly log: Pick<Logger, 'warn'>
  readonly observer: PushObserver
  readonly rules: HttpPushRules
}

export interface HttpPushRules {
  readonly callback: CallbackRules
  readonly breaker: BreakerRules
  /** Requests, and so sockets, per origin and group. */
  readonly maxInFlightPerEndpoint: number
}

export const DEFAULT_PUSH_RULES: HttpPushRules = {
  callback: { allowedHosts: new Set() },
  breaker: { openAfterFailures: 10, firstPauseMs: 1000, longestPauseMs: 30_000 },
  maxInFlightPerEndpoint: 1024,
}

const LAST_RESPONSE_CHARS = 1024
const MAX_IDLE_ENDPOINTS = 1024

/**
 * Pushes the messages of one group to their receivers (consumer-proxy.md §13).
 *
 * P1 A message has at most one request under way. It is finished once, after its last attempt, or not at all: what waits
 *    when `stop` is called is handed back and delivered again by the next owner.
 * P2 An attempt starts only when its endpoint lets it in and its topic has tokens; waiting for either is no attempt and
 *    spends no retry. Who waits is bounded by the lanes (`concurrency`), as each message is one job.
 * P3 Settings are read at each attempt; so a live change applies from the next attempt of every message.
 * P4 When the URL whose turn it is does not let in because it is dead, the next of the list that does is used.
 */
export class HttpPush implements JobSink {
  readonly #deps: HttpPushDeps
  /** By broker cluster and topic. */
  readonly #topics = new Map<string, Map<string, TopicPush>>()
  readonly #endpoints = new Map<string, Endpoint>()
  readonly #underWay = new Bag<Delivery>()
  readonly #timers: Timers
  readonly #drained = Promise.withResolvers<void>()
  #stopped = false

  constructor(deps: HttpPushDeps) {
    this.#deps = deps
    this.#timers = new Timers(deps.clock)
  }

  accept(job: Job, content: JobContent): void {
    if (this.#stopped) return
    const { random, rules } = this.#deps
    try {
      const topic = this.#topic(job.subscription)
      const { targets } = topic
      const plan = planPush(job, content, { targets, callbackRules: rules.callback, random })
      job.hold(plan.bodyStart.length)
      this.#start({ job, plan, topic, state: NO_RETRIES, call: undefined, place: 0 }, 'joins')
    } catch (thrown) {
      drop(job, 'actionFailed', 0, describeError(thrown))
    }
  }

  /** Endpoints that are not called, or only to try them, because they do not respond. */
  get pausedEndpoints(): number {
    let count = 0
    for (const { breaker } of this.#endpoints.values()) if (!breaker.isClosed) count += 1
    return count
  }

  /** Applies new settings of a subscription; messages that wait for an endpoint look at the new URLs at once. */
  update(subscription: Subscription): void {
    const topic = this.#topics.get(subscription.brokerCluster)?.get(subscription.topic)
    if (topic === undefined || this.#stopped) return
    topic.update(subscription)
    for (const endpoint of this.#endpoints.values()) this.#retryAllWaiting(endpoint)
    this.#wakeTopic(topic)
  }

  /** Share of the topic's partitions this proxy has (0–1]; scales the request rate (consumer-proxy.md §10.3). */
  setAssignedShare(subscription: Subscription, share: number): void {
    const topic = this.#topic(subscription)
    topic.setAssignedShare(share)
    this.#wakeTopic(topic)
  }

  /** No attempt starts any more. Requests under way may end until the signal aborts; then they are given up. */
  async stop(deadline: AbortSignal): Promise<void> {
    this.#stopped = true
    this.#timers.stop()
    const topics = [...this.#topics.values()].flatMap(ofCluster => [...ofCluster.values()])
    for (const { waiting } of [...topics, ...this.#endpoints.values()]) waiting.clear()
    if (this.#underWay.size > 0) await Promise.race([this.#drained.promise, aborted(deadline)])
    for (const { call } of this.#underWay) call?.cancel()
    this.#underWay.clear()
  }

  /** `joins` the queue of its topic behind those that wait; `isFirst` was taken from its head. */
  #start(delivery: Delivery, turn: 'joins' | 'isFirst'): void {
    const { job, topic } = delivery
    if (this.#stopped) return
    if (job.terminated) {
      job.finish({ kind: 'filtered' })
      return
    }
    const targets = this.#targetsOf(delivery)
    if (targets === undefined) return
    const nowMs = this.#now()
    const [target, endpoint] = this.#choose(targets, nowMs)
    if (!endpoint.canEnter(nowMs)) {
      endpoint.waiting.push(delivery)
      this.#armEndpoint(endpoint)
    } else if ((turn === 'joins' && topic.waiting.size > 0) || topic.rate.waitMs() > 0) {
      topic.waiting.push(delivery)
      this.#armTopic(topic)
    } else {
      topic.rate.take()
      this.#attempt(delivery, target, endpoint)
    }
  }

  /** Undefined: the settings have no usable URL any more and the message was dropped. */
  #targetsOf({ job, plan, topic, state }: Delivery): readonly PushTarget[] | undefined {
    try {
      return targetsInTurn(plan, topic.targets, state.errors)
    } catch (thrown) {
      drop(job, 'actionFailed', state.attempts, describeError(thrown))
      return undefined
    }
  }

  #choose(targets: readonly PushTarget[], nowMs: number): readonly [PushTarget, Endpoint] {
    const [first] = targets
    if (first === undefined) throw new TypeError('a plan has at least one target')
    for (const target of targets) {
      const endpoint = this.#endpoint(target.origin)
      if (endpoint.breaker.waitMs(nowMs) === 0) return [target, endpoint]
    }
    return [first, this.#endpoint(first.origin)]
  }

  #attempt(delivery: Delivery, target: PushTarget, endpoint: Endpoint): void {
    const { plan, state, topic } = delivery
    const { httpMethod, timeout } = topic.config
    const attempt = { number: state.attempts, httpMethod, timeoutMs: timeout }
    const request = buildRequest(plan, target, attempt)
    const pass = endpoint.enter()
    this.#underWay.add(delivery)
    delivery.call = this.#deps.client.send(request, (reply, ms) => {
      this.#underWay.delete(delivery)
      this.#report(endpoint, pass, reply)
      const verdict = judge(reply)
      topic.meter.attempted(verdict, ms)
      this.#settle(delivery, reply, verdict)
      this.#wakeEndpoint(endpoint)
      if (this.#stopped && this.#underWay.size === 0) this.#drained.resolve()
    })
  }

  #report(endpoint: Endpoint, pass: Pass, reply: PushReply): void {
    endpoint.leave()
    if (reply.kind !== 'failed') {
      endpoint.breaker.responded()
    } else if (endpoint.breaker.failed(pass, this.#now())) {
      const { origin } = endpoint
      this.#deps.log.warn({ origin, reason: reply.message }, 'push endpoint does not respond')
    }
  }

  #settle(delivery: Delivery, reply: PushReply, verdict: Verdict): void {
    const { job, topic } = delivery
    if (verdict === 'slowDown') topic.rate.slowDown()
    const step = nextStep(delivery.state, verdict, topic.config)
    switch (step.kind) {
      case 'consumed':
        job.finish({ kind: 'consumed' })
        return
      case 'dropped':
        drop(job, step.reason, step.attempts, describeReply(reply))
        return
      case 'retry':
        delivery.state = step.state
        if (job.terminated) job.finish({ kind: 'filtered' })
        else this.#timers.later(step.delayMs, () => this.#start(delivery, 'joins'))
    }
  }

  #wakeTopic(topic: TopicPush): void {
    topic.cancelWake?.()
    topic.cancelWake = undefined
    while (topic.rate.waitMs() === 0) {
      const delivery = topic.waiting.shift()
      if (delivery === undefined) return
      this.#start(delivery, 'isFirst')
    }
    this.#armTopic(topic)
  }

  #armTopic(topic: TopicPush): void {
    if (topic.cancelWake !== undefined || topic.waiting.size === 0) return
    topic.cancelWake = this.#timers.later(topic.rate.waitMs(), () => this.#wakeTopic(topic))
  }

  #wakeEndpoint(endpoint: Endpoint): void {
    endpoint.cancelWake?.()
    endpoint.cancelWake = undefined
    if (endpoint.waiting.size === 0) return
    while (endpoint.canEnter(this.#now())) {
      const delivery = endpoint.waiting.shift()
      if (delivery === undefined) return
      this.#start(delivery, 'joins')
    }
    this.#armEndpoint(endpoint)
  }

  /** Only a pause of the breaker needs a timer: a full endpoint and a probe wake it when a request ends. */
  #armEndpoint(endpoint: Endpoint): void {
    const waitMs = endpoint.breaker.waitMs(this.#now())
    if (endpoint.cancelWake !== undefined || endpoint.waiting.size === 0) return
    if (waitMs === 0 || !Number.isFinite(waitMs)) return
    endpoint.cancelWake = this.#timers.later(waitMs, () => this.#wakeEndpoint(endpoint))
  }

  #retryAllWaiting(endpoint: Endpoint): void {
    for (let left = endpoint.waiting.size; left > 0; left -= 1) {
      const delivery = endpoint.waiting.shift()
      if (delivery !== undefined) this.#start(delivery, 'joins')
    }
  }

  #topic(subscription: Subscription): TopicPush {
    const { brokerCluster, topic: name } = subscription
    let ofCluster = this.#topics.get(brokerCluster)
    if (ofCluster === undefined) this.#topics.set(brokerCluster, (ofCluster = new Map()))
    let topic = ofCluster.get(name)
    if (topic === undefined) {
      const { clock, observer } = this.#deps
      topic = new TopicPush(subscription, clock, observer.meterOf(subscription))
      ofCluster.set(name, topic)
    }
    return topic
  }

  #endpoint(origin: string): Endpoint {
    const known = this.#endpoints.get(origin)
    if (known !== undefined) return known
    if (this.#endpoints.size >= MAX_IDLE_ENDPOINTS) this.#forgetIdleEndpoints()
    const { breaker, maxInFlightPerEndpoint } = this.#deps.rules
    const endpoint = new Endpoint(origin, breaker, maxInFlightPerEndpoint)
    this.#endpoints.set(origin, endpoint)
    return endpoint
  }

  /** Messages may name any number of callback hosts; their endpoints must not pile up. */
  #forgetIdleEndpoints(): void {
    for (const endpoint of this.#endpoints.values()) {
      if (endpoint.isIdle) this.#endpoints.delete(endpoint.origin)
    }
  }

  #now(): number {
    return this.#deps.clock.monotonicMs()
  }
}

function drop(job: Job, reason: DropReason, attempts: number, lastResponse: string): void {
  job.finish({ kind: 'dropped', reason, attempts, lastResponse: lastResponse.slice(0, LAST_RESPONSE_CHARS) })
}

function describeReply(reply: PushReply): string {
  return reply.kind === 'response' ? `HTTP ${reply.status} ${reply.body}` : reply.message
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
