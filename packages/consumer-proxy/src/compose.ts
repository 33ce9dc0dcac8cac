import { consumerService } from '@ddmq/common/idl'
import type { Component, ProcessDeps } from '@ddmq/common/lifecycle'
import { instanceName, type Registry } from '@ddmq/common/registry'
import { ThriftServer } from '@ddmq/common/thrift'
import { type ClusterConnector, LiveClusters } from '@ddmq/storage'
import { UndiciPushClient } from './adapters/http-push/undici-push-client.ts'
import { createConsumerHandlers } from './api/consumer-handlers.ts'
import type { GroupSettings } from './app/consumer-group.ts'
import { ConsumerGroups } from './app/consumer-groups.ts'
import { PullMessages } from './app/pull-messages.ts'
import { DEFAULT_PUSH_RULES, HttpPush } from './app/push/http-push.ts'
import type { ConsumerProxyConfig } from './config.ts'
import { ConsumerProxyMetrics, registerGauges } from './metrics.ts'
import { PushMetrics } from './push-metrics.ts'

export interface ConsumerProxyPorts {
  readonly registry: Registry
  readonly connector: ClusterConnector
}

/**
 * The components of a consumer proxy in start order. The Thrift server stands before the groups: it stops after them, so
 * that clients can report what they hold while the groups drain.
 */
export function composeConsumerProxy(
  config: ConsumerProxyConfig,
  deps: ProcessDeps & ConsumerProxyPorts,
): readonly Component[] {
  const log = deps.log.child({ service: 'consumer-proxy' })
  const metrics = new ConsumerProxyMetrics(deps.metrics)
  const pushMetrics = new PushMetrics(deps.metrics)
  const pushClient = new UndiciPushClient()
  const clusters: LiveClusters = new LiveClusters({
    owner: 'consumer_proxy',
    connector: deps.connector,
    clock: deps.clock,
    log,
    metrics: deps.metrics,
    drainMs: config.drainMs * 2,
    onChange: () => groups.clustersChanged(),
  })
  const groups: ConsumerGroups = new ConsumerGroups({
    ...deps,
    clusters,
    log,
    metrics,
    instance: instanceName(config),
    settings: groupSettings(config),
    createHttpPush: () =>
      new HttpPush({
        client: pushClient,
        clock: deps.clock,
        random: Math.random,
        log,
        observer: pushMetrics,
        rules: pushRules(config),
      }),
  })
  registerGauges(deps.metrics, groups.gauges)
  const handlers = createConsumerHandlers({
    ...deps,
    clusters,
    log,
    metrics,
    groups,
    pullMessages: new PullMessages(groups, config.pull, deps.clock),
    maxLingerMs: config.pull.maxLingerMs,
  })
  const server = new ThriftServer({
    name: 'consumer-proxy-server',
    host: config.host,
    port: config.port,
    service: consumerService,
    handlers,
    // Clients send one request at a time and match replies by order (consumer-proxy.md §3).
    limits: { ...config.limits, maxInFlightPerConnection: 1 },
    log,
  })
  return [pushConnections(pushClient), clusters, server, groups]
}

function groupSettings(config: ConsumerProxyConfig): GroupSettings {
  return {
    fetch: config.fetch,
    commitIntervalMs: config.commitIntervalMs,
    drainMs: config.drainMs,
    maxParkedPulls: config.pull.maxParkedPulls,
    idleStopMs: config.lazyIdleMs,
  }
}

function pushRules(config: ConsumerProxyConfig): typeof DEFAULT_PUSH_RULES {
  return {
    ...DEFAULT_PUSH_RULES,
    callback: { allowedHosts: new Set(config.push.allowedCallbackHosts) },
    maxInFlightPerEndpoint: config.push.maxInFlightPerEndpoint,
  }
}

/** Closed last: requests under way belong to the groups' drain. */
function pushConnections(client: UndiciPushClient): Component {
  return {
    name: 'push-connections',
    async start() {},
    stop: () => client.close(),
  }
}
