import { systemClock } from '@ddmq/common/clock'
import { createLogger, type Logger } from '@ddmq/common/log'
import { MetricsRegistry } from '@ddmq/common/metrics'
import { EmbeddedRegistry } from '@ddmq/common/registry'
import { tempDir } from '@ddmq/testkit'
import { describe, expect, it } from 'vitest'
import { FollowConfig } from '../../src/app/follow-config.ts'
import { TopicTable } from '../../src/app/topic-table.ts'
import { ProducerProxyMetrics } from '../../src/metrics.ts'
import { proxyDocument, topicDocument } from '../documents.ts'

const INSTANCE = '127.0.0.1:9613'

describe('following the config tree', () => {
  it('watches no topic any more when it could not start', async () => {
    await using dir = await tempDir()
    const log = createLogger({ level: 'silent', pretty: false })
    const registry = new EmbeddedRegistry({ dir: dir.path, log })
    await registry.start()
    await registry.put('topic', 't', topicDocument({ topic: 't', instance: INSTANCE, maxTps: 1 }))
    await registry.put('pproxy', INSTANCE, proxyDocument({ instance: INSTANCE, topics: ['t'] }))
    const metrics = new ProducerProxyMetrics(new MetricsRegistry(), 10, () => 0)
    const table = new TopicTable({ instance: INSTANCE, targets: new Map(), clock: systemClock, metrics })
    const clusters = { want: () => undefined, tried: () => Promise.resolve() }
    const follow = new FollowConfig({
      registry,
      table,
      clusters,
      instance: INSTANCE,
      port: 9613,
      log: fullLog(log),
    })

    await expect(follow.start()).rejects.toThrow('the log is full')
    const known = table.get('t')
    await registry.put('topic', 't', topicDocument({ topic: 't', instance: INSTANCE, maxTps: 2 }))

    expect(known?.route.maxTps).toBe(1)
    expect(table.get('t')).toBe(known)
    await registry.stop()
  })
})

/** Fails with the line that says that the document is applied, when the topics are watched already. */
function fullLog(log: Logger): Logger {
  return Object.assign(log.child({}), {
    info: () => {
      throw new Error('the log is full')
    },
  })
}
