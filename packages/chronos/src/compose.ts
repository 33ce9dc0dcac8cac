import { hostname, uptime } from 'node:os'
import type { AdminRoute } from '@ddmq/common/admin-http'
import type { Component, ProcessDeps } from '@ddmq/common/lifecycle'
import type { Registry } from '@ddmq/common/registry'
import { type ClusterConnector, LiveClusters } from '@ddmq/storage'
import { delayRoutes } from './api/delay-routes.ts'
import { DelayReports } from './app/delay-reports.ts'
import { DelayService } from './app/delay-service.ts'
import { FollowProxies } from './app/follow-proxies.ts'
import { IndexStore } from './app/index-store.ts'
import { Turns } from './app/turns.ts'
import { composeClusterShards } from './compose-cluster.ts'
import type { ChronosConfig } from './config.ts'
import { ChronosMetrics, registerGauges } from './metrics.ts'

/** Deliveries per transaction: as many as round trips to brokers are worth. */
const BROKER_BATCH = 2000
/** The embedded log has no round trips, and all that it does for the shards at once holds up this process. */
const EMBEDDED_BATCH = 500

/** What the service is given beside the process's own parts. It opens and closes its connections to clusters itself. */
export interface ChronosDeps extends ProcessDeps {
  readonly registry: Registry
  readonly connector: ClusterConnector
}

export interface Chronos {
  readonly components: readonly Component[]
  /** What can be asked of it, for the admin port of the process. */
  readonly routes: readonly AdminRoute[]
}

/** The parts of a delay service, in start order. */
export function composeChronos(config: ChronosConfig, deps: ChronosDeps): Chronos {
  const log = deps.log.child({ service: 'chronos' })
  const store = new IndexStore(config, { ...deps, log })
  const metrics = new ChronosMetrics(deps.metrics)
  const turns = new Turns()
  const clusters: LiveClusters = new LiveClusters({
    ...deps,
    owner: 'chronos',
    log,
    onChange: deadline => service.clustersChanged(deadline),
  })
  const service: DelayService = new DelayService({
    clock: deps.clock,
    clusters,
    openTable: (cluster, { engine, prefix }) =>
      composeClusterShards(cluster, {
        ...deps,
        log,
        config,
        metrics,
        innerTopicPrefix: prefix,
        openStore: () => store.healthy(),
        bootMs: () => uptime() * 1000,
        random: Math.random,
        turn: records => turns.next(records),
        batchCount: engine === 'embedded' ? EMBEDDED_BATCH : BROKER_BATCH,
        logHasOwnClock: engine !== 'embedded',
      }),
  })
  registerGauges(deps.metrics, {
    shards: () => service.samples(),
    doubtedClocks: () => service.doubtedClocks(),
    atLeastOnce: () => service.atLeastOnce(),
  })
  const follow = new FollowProxies({ ...deps, log, onChange: wanted => service.want(wanted) })
  const instance = config.instance ?? `${hostname()}-${process.pid}`
  return {
    components: [store, clusters, service, follow],
    routes: delayRoutes(new DelayReports(instance, deps.clock, service)),
  }
}
