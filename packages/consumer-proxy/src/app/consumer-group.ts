import type { ByteBudget } from '@ddmq/common/async'
import type { Clock } from '@ddmq/common/clock'
import type { ConsumeResult } from '@ddmq/common/idl'
import type { Logger } from '@ddmq/common/log'
import type { CProxyConfig, GroupConfig } from '@ddmq/common/registry'
import type { LiveClusters } from '@ddmq/storage'
import { type ActionChain, createActionChain } from '../core/actions/action-chain.ts'
import { type GroupPlan, planGroup } from '../core/group-plan.ts'
import { PullBuffer } from '../core/pull-buffer.ts'
import type { Subscription } from '../core/subscription.ts'
import { whyUnsupported } from '../core/unsupported-subscription.ts'
import type { ConsumerProxyMetrics } from '../metrics.ts'
import { ClusterRunners } from './cluster-runners.ts'
import { GroupRunner, type Route, type RunnerSettings } from './group-runner.ts'
import { IdleWatch } from './idle-watch.ts'
import { PullSink } from './pull-sink.ts'
import type { HttpPush } from './push/http-push.ts'

export interface GroupSettings extends RunnerSettings {
  readonly maxParkedPulls: number
  /** A lazy group leaves after this long without a pull. */
  readonly idleStopMs: number
}

export interface GroupDeps {
  readonly clusters: Pick<LiveClusters, 'get' | 'isConnecting'>
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: ConsumerProxyMetrics
  readonly budget: ByteBudget
  readonly settings: GroupSettings
  createHttpPush(): HttpPush
}

/**
 * One group on this proxy, from its appearance in `groups` until its removal (consumer-proxy.md §8).
 *
 * G1 Consumers run exactly for the connected clusters of the plan; for a lazy group only from its first pull until nobody
 *    pulled for `idleStopMs`. One whose connection is not open yet begins when it is.
 * G2 Changes of the plan and of the connections, waking and falling asleep: none is lost, the last one holds.
 */
export class ConsumerGroup {
  readonly name: string
  readonly #deps: GroupDeps
  readonly #log: Logger
  readonly buffer: PullBuffer
  readonly #pullSink: PullSink
  readonly #push: HttpPush
  readonly #pushEnded = new AbortController()
  readonly #runners: ClusterRunners
  readonly #idle: IdleWatch
  #plan: GroupPlan
  /** Clusters whose acknowledgements are stored before they are answered. */
  #durableClusters: ReadonlySet<string> = new Set()
  #isPulled = false
  #awake = false
  #stopDeadline: AbortSignal | undefined

  constructor(name: string, deps: GroupDeps) {
    this.name = name
    this.#deps = deps
    this.#log = deps.log.child({ group: name })
    this.#plan = { group: name, clusters: new Map(), lazy: false, refused: [] }
    this.buffer = new PullBuffer(deps.clock, deps.settings.maxParkedPulls, {
      delivered: batch => {
        deps.metrics.tally(name, batch.topic).delivered += batch.entries.length
      },
      redelivered: (entry, why) => {
        deps.metrics.tally(name, entry.job.topic)[why] += 1
      },
    })
    this.#pullSink = new PullSink(this.buffer)
    this.#push = deps.createHttpPush()
    this.#idle = new IdleWatch(deps.clock, deps.settings.idleStopMs, () => void this.#fallAsleep())
    this.#runners = new ClusterRunners({
      clusters: deps.clusters,
      start: (cluster, subscriptions) => this.#startRunner(cluster, subscriptions),
      update: (runner, subscriptions) => runner.update(this.#routesOf(subscriptions)),
      stopDeadline: () => this.#stopDeadline ?? AbortSignal.timeout(deps.settings.drainMs * 2),
      failed: err => this.#failed(err),
    })
  }

  get plan(): GroupPlan {
    return this.#plan
  }

  get runners(): Iterable<GroupRunner> {
    return Array.from(this.#runners, ([, runner]) => runner)
  }

  /** Push endpoints whose breaker is not closed. */
  get pausedEndpoints(): number {
    return this.#push.pausedEndpoints
  }

  /** Is there anything a pull could ever get? */
  get isPulled(): boolean {
    return this.#isPulled
  }

  /** Brings the consumers in line with the documents and the connections; resolves when it is done. Never rejects. */
  async apply(document: GroupConfig, proxy: CProxyConfig): Promise<void> {
    try {
      const plan = planGroup(document, proxy, subscription => this.#whyRefused(subscription))
      for (const { subscription, reason } of plan.refused) {
        this.#log.warn({ topic: subscription.topic, reason }, 'subscription refused')
      }
      this.#plan = plan
      this.#isPulled = [...plan.clusters.values()].flat().some(isPulled)
      if (!plan.lazy) this.#awake = false
      this.#durableClusters = new Set(Object.keys(proxy.embeddedConfigs ?? {}))
      await this.#bringInLine()
    } catch (thrown) {
      this.#failed(thrown)
    }
  }

  /** Notes that somebody pulls; a sleeping lazy group wakes up meanwhile. */
  notePull(): void {
    this.#idle.touch()
    if (this.#awake || !this.#plan.lazy || this.#stopDeadline !== undefined) return
    this.#awake = true
    void this.#bringInLine()
  }

  /** Applies what a client reports of one (topic, qid); what is not with a client is passed over. */
  report(result: ConsumeResult): void {
    const topic = result.context?.topic ?? ''
    const qid = result.context?.qid ?? ''
    for (const offset of result.successOffsets ?? []) this.buffer.ack(topic, qid, offset)
    for (const offset of result.failOffsets ?? []) this.buffer.fail(topic, qid, offset)
    this.buffer.wake()
  }

  /** Stores the positions of what was reported where that is cheap. Rejects CommitFailedError. */
  async commitReported(): Promise<void> {
    const commits: Promise<void>[] = []
    for (const [cluster, runner] of this.#runners) {
      if (this.#durableClusters.has(cluster)) commits.push(runner.commit())
    }
    await Promise.all(commits)
  }

  /** Delivers nothing more, takes results until the drain time is over, stores the positions and leaves. */
  async stop(deadline: AbortSignal): Promise<void> {
    this.#stopDeadline = deadline
    this.#idle.stop()
    await this.#pullSink.stop()
    const pushDeadline = AbortSignal.any([deadline, AbortSignal.timeout(this.#deps.settings.drainMs)])
    const pushEnded = this.#push.stop(pushDeadline).finally(() => this.#pushEnded.abort())
    await this.#bringInLine()
    await pushEnded
    this.buffer.close()
  }

  #whyRefused(subscription: Subscription): string | undefined {
    const { clusters } = this.#deps
    const { brokerCluster } = subscription
    if (clusters.get(brokerCluster) === undefined && !clusters.isConnecting(brokerCluster)) {
      return `broker cluster ${brokerCluster} is not connected`
    }
    return whyUnsupported(subscription, () => this.#chainOf(subscription))
  }

  async #bringInLine(): Promise<void> {
    const active = this.#stopDeadline === undefined && (this.#awake || !this.#plan.lazy)
    const wanted: GroupPlan['clusters'] = active ? this.#plan.clusters : new Map()
    await this.#runners.bringInLine(wanted)
    this.buffer.settingsChanged()
  }

  #startRunner(clusterName: string, subscriptions: readonly Subscription[]): GroupRunner | undefined {
    const cluster = this.#deps.clusters.get(clusterName)
    if (cluster === undefined) return undefined
    const runner = new GroupRunner(this.name, this.#routesOf(subscriptions), {
      ...this.#deps,
      cluster,
      pullBuffer: this.buffer,
      pushEnded: this.#pushEnded.signal,
      shareChanged: (subscription, share) => {
        if (subscription.config.actions.at(-1) === 'AsyncHttp')
          this.#push.setAssignedShare(subscription, share)
      },
    })
    runner.start()
    return runner
  }

  /** What is pushed is told of its settings, too. */
  #routesOf(subscriptions: readonly Subscription[]): readonly Route[] {
    for (const subscription of subscriptions) this.#push.update(subscription)
    return subscriptions.map(subscription => ({ subscription, chain: this.#chainOf(subscription) }))
  }

  async #fallAsleep(): Promise<void> {
    if (!this.#plan.lazy || !this.#awake) return
    if (!this.#idle.isIdle || this.buffer.parkedCount > 0) return this.#idle.touch()
    this.#awake = false
    this.#log.info('nobody pulls, leaving')
    await this.#bringInLine()
  }

  #chainOf({ config }: Subscription): ActionChain {
    return createActionChain(config.actions, { PullServer: this.#pullSink, AsyncHttp: this.#push })
  }

  #failed(err: unknown): void {
    this.#deps.metrics.errors.inc({ kind: 'group' })
    this.#log.error({ err }, 'change of the group failed')
  }
}

function isPulled({ config }: Subscription): boolean {
  return config.actions.at(-1) === 'PullServer'
}
