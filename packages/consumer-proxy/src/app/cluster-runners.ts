import type { LiveClusters } from '@ddmq/storage'
import { needsRejoin } from '../core/group-plan.ts'
import type { Subscription } from '../core/subscription.ts'
import type { GroupRunner } from './group-runner.ts'

export interface ClusterRunnersDeps {
  readonly clusters: Pick<LiveClusters, 'get'>
  /** Starts one on the cluster as it is connected now. */
  readonly start: (clusterName: string, subscriptions: readonly Subscription[]) => GroupRunner | undefined
  readonly update: (runner: GroupRunner, subscriptions: readonly Subscription[]) => void
  /** Until when a runner that is to stop may take. */
  readonly stopDeadline: () => AbortSignal
  readonly failed: (thrown: unknown) => void
}

interface Slot {
  runner: GroupRunner | undefined
  work: Promise<void>
}

/**
 * The runners of one group, one per broker cluster (consumer-proxy.md §2.7).
 *
 * K1 There is at most one runner per cluster; the next one starts after the one before has left.
 * K2 Clusters do not wait for each other: one that drains, or does not answer, holds up no other.
 * K3 A runner consumes through the connection that its cluster has now; when that is replaced or gone it leaves.
 * K4 What was wanted last is what runs in the end, whatever was wanted meanwhile.
 */
export class ClusterRunners {
  readonly #deps: ClusterRunnersDeps
  readonly #slots = new Map<string, Slot>()
  #wanted: ReadonlyMap<string, readonly Subscription[]> = new Map()

  constructor(deps: ClusterRunnersDeps) {
    this.#deps = deps
  }

  *[Symbol.iterator](): Iterator<readonly [string, GroupRunner]> {
    for (const [name, { runner }] of this.#slots) if (runner !== undefined) yield [name, runner]
  }

  /** Resolves when all clusters run what is wanted of them. Never rejects. */
  async bringInLine(wanted: ReadonlyMap<string, readonly Subscription[]>): Promise<void> {
    this.#wanted = wanted
    const names = new Set([...this.#slots.keys(), ...wanted.keys()])
    await Promise.all(Array.from(names, name => this.#enqueue(name)))
  }

  #enqueue(name: string): Promise<void> {
    const slot = this.#slots.get(name) ?? { runner: undefined, work: Promise.resolve() }
    this.#slots.set(name, slot)
    slot.work = slot.work
      .then(() => this.#bringOneInLine(name, slot))
      .catch((thrown: unknown) => this.#deps.failed(thrown))
    return slot.work
  }

  async #bringOneInLine(name: string, slot: Slot): Promise<void> {
    const { clusters, start, update, stopDeadline } = this.#deps
    if (slot.runner !== undefined && this.#isOutdated(name, slot.runner)) {
      await slot.runner.stop(stopDeadline())
      slot.runner = undefined
    }
    const wanted = this.#wanted.get(name)
    if (wanted === undefined || clusters.get(name) === undefined) return
    if (slot.runner === undefined) slot.runner = start(name, wanted)
    else update(slot.runner, wanted)
  }

  #isOutdated(name: string, runner: GroupRunner): boolean {
    const wanted = this.#wanted.get(name)
    if (wanted === undefined || runner.cluster !== this.#deps.clusters.get(name)) return true
    return needsRejoin(runner.subscriptions, wanted)
  }
}
