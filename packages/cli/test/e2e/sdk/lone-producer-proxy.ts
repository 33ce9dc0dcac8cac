import { join } from 'node:path'
import { ByteBudget } from '@ddmq/common/async'
import { systemClock } from '@ddmq/common/clock'
import { runMain, Service } from '@ddmq/common/lifecycle'
import { createLogger } from '@ddmq/common/log'
import { MetricsRegistry } from '@ddmq/common/metrics'
import { EmbeddedRegistry } from '@ddmq/common/registry'
import { composeProducerProxy, producerProxyConfigSchema } from '@ddmq/producer-proxy'
import { sharedClusters } from '@ddmq/storage'
import { freePort } from '@ddmq/testkit'

/** A producer proxy whose config tree, in the folder that is its argument, nobody has written to. */
const dir = process.argv[2] ?? ''
const log = createLogger({ level: 'info', pretty: false })
const registry = new EmbeddedRegistry({ dir: join(dir, 'registry'), log })
const config = producerProxyConfigSchema.parse({ port: await freePort() })
const proxy = composeProducerProxy(config, {
  clock: systemClock,
  log,
  metrics: new MetricsRegistry(),
  budget: new ByteBudget(1024 * 1024),
  registry,
  connector: sharedClusters([]),
})
const components = [registry, ...proxy]
await runMain(new Service({ name: 'producer-proxy', components, log, stopTimeoutMs: 5000 }), { log })
