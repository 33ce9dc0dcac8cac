import type { ByteBudget } from '@ddmq/common/async'
import type { Clock } from '@ddmq/common/clock'
import type { ConsumeResult } from '@ddmq/common/idl'
import type { Logger } from '@ddmq/common/log'
import type { CProxyConfig, GroupConfig } from '@ddmq/common/registry'
import type { LogClusters } from '@ddmq/storage'
import { type ActionChain, createActionChain } from '../core/actions/action-chain.ts'
import { type GroupPlan, needsRejoin, planGroup } from '../core/group-plan.ts'
import { PullBuffer } from '../core/pull-buffer.ts'
import type { Subscription } from '../core/subscription.ts'
import { whyUnsupported } from '../core/unsupported-subscription.ts'
import type { ConsumerProxyMetrics } from '../metrics.ts'
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
  readonly clusters: LogClusters
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
 * G1 Consumers run exactly for the clusters of the plan; for a lazy group only from its first pull until nobody pulled
 *    for `idleStopMs`.
 * G2 Changes of the plan, waking and falling asleep follow each other; none is lost.
 */
export class ConsumerGroup {
  readonly name: string
  readonly #deps: GroupDeps
  readonly #log: Logger
  readonly buffer: PullBuffer
  readonly #pullSink: PullSink
  readonly #push: HttpPush
  readonly #pushEnded = new AbortController()
  readonly #runners = new Map<string, GroupRunner>()
  readonly #idle: IdleWatch
  #plan: GroupPlan
  /** Clusters whose acknowledgements are stored before they are answered. */
  #durableClusters: ReadonlySet<string> = new Set()
  #awake = false
  #stopped = false
  #work: Promise<void> = Promise.resolve()

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
  }

  get plan(): GroupPlan {
    return this.#plan
  }

  get runners(): Iterable<GroupRunner> {
    return this.#runners.values()
  }

  /** Push endpoints whose breaker is not closed. */
  get pausedEndpoints(): number {
    return this.#push.pausedEndpoints
  }

  /** Is there anything a pull could ever get? */
  get isPulled(): boolean {
    return this.#subscriptions().some(({ config }) => config.actions.at(-1) === 'PullServer')
  }

  /** Brings the consumers in line with the documents; resolves when it is done. */
  apply(document: GroupConfig, proxy: CProxyConfig): Promise<void> {
    return this.#enqueue(async () => {
      const plan = planGroup(document, proxy, subscription => this.#whyRefused(subscription))
      for (const { subscription, reason } of plan.refused) {
        this.#log.warn({ topic: subscription.topic, reason }, 'subscription refused')
      }
      this.#plan = plan
      if (!plan.lazy) this.#awake = false
      this.#durableClusters = new Set(Object.keys(proxy.embeddedConfigs ?? {}))
      await this.#reconcile()
    })
  }

  /** Notes that somebody pulls; a sleeping lazy group wakes up meanwhile. */
  notePull(): void {
    this.#idle.touch()
    if (this.#awake || !this.#plan.lazy || this.#stopped) return
    this.#awake = true
    void this.#enqueue(() => this.#reconcile())
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
    this.#stopped = true
    this.#idle.stop()
    await this.#pullSink.stop()
    const pushDeadline = AbortSignal.any([deadline, AbortSignal.timeout(this.#deps.settings.drainMs)])
    const pushEnded = this.#push.stop(pushDeadline).finally(() => this.#pushEnded.abort())
    await this.#enqueue(() => this.#stopRunners([...this.#runners.keys()], deadline))
    await pushEnded
    this.buffer.close()
  }

  #subscriptions(): readonly Subscription[] {
    return [...this.#plan.clusters.values()].flat()
  }

  #whyRefused(subscription: Subscription): string | undefined {
    if (this.#deps.clusters.get(subscription.brokerCluster) === undefined) {
      return `broker cluster ${subscription.brokerCluster} is not connected`
    }
    return whyUnsupported(subscription, () => this.#chainOf(subscription))
  }

  async #reconcile(): Promise<void> {
    const active = !this.#stopped && (this.#awake || !this.#plan.lazy)
    const wanted: GroupPlan['clusters'] = active ? this.#plan.clusters : new Map()
    const outdated = [...this.#runners].filter(([cluster, runner]) => {
      const subscriptions = wanted.get(cluster)
      return subscriptions === undefined || needsRejoin(runner.subscriptions, subscriptions)
    })
    const deadline = AbortSignal.timeout(this.#deps.settings.drainMs * 2)
    await this.#stopRunners(
      outdated.map(([cluster]) => cluster),
      deadline,
    )
    for (const [cluster, subscriptions] of wanted) this.#runOrUpdate(cluster, subscriptions)
    this.buffer.settingsChanged()
  }

  #runOrUpdate(clusterName: string, subscriptions: readonly Subscription[]): void {
    const routes: Route[] = subscriptions.map(subscription => ({
      subscription,
      chain: this.#chainOf(subscription),
    }))
    for (const subscription of subscriptions) this.#push.update(subscription)
    const running = this.#runners.get(clusterName)
    if (running !== undefined) return running.update(routes)
    const cluster = this.#deps.clusters.get(clusterName)
    if (cluster === undefined) return
    const runner = new GroupRunner(this.name, routes, {
      ...this.#deps,
      cluster,
      pullBuffer: this.buffer,
      pushEnded: this.#pushEnded.signal,
      shareChanged: (subscription, share) => {
        if (subscription.config.actions.at(-1) === 'AsyncHttp')
          this.#push.setAssignedShare(subscription, share)
      },
    })
    this.#runners.set(clusterName, runner)
    runner.start()
  }

  async #stopRunners(clusters: readonly string[], deadline: AbortSignal): Promise<void> {
    await Promise.all(
      clusters.map(async cluster => {
        await this.#runners.get(cluster)?.stop(deadline)
        this.#runners.delete(cluster)
      }),
    )
  }

  async #fallAsleep(): Promise<void> {
    await this.#enqueue(async () => {
      if (!this.#plan.lazy) return
      if (!this.#idle.isIdle || this.buffer.parkedCount > 0) return this.#idle.touch()
      this.#awake = false
      this.#log.info('nobody pulls, leaving')
      await this.#reconcile()
    })
  }

  #chainOf({ config }: Subscription): ActionChain {
    return createActionChain(config.actions, { PullServer: this.#pullSink, AsyncHttp: this.#push })
  }

  /** Failures are logged here and told to the caller; the next piece of work runs all the same. */
  #enqueue(work: () => Promise<void> | void): Promise<void> {
    const result = this.#work.then(work)
    this.#work = result.catch((err: unknown) => {
      this.#deps.metrics.errors.inc({ kind: 'group' })
      this.#log.error({ err }, 'change of the group failed')
    })
    return this.#work
  }
}
