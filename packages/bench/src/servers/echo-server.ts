// Our Thrift server alone, as a process of its own: every `sendSync` is answered at once. Prints its ports and serves until it is killed.
import { AdminServer } from '@ddmq/common/admin-http'
import { producerService } from '@ddmq/common/idl'
import { createLogger } from '@ddmq/common/log'
import { eventLoopMetrics, MetricsRegistry } from '@ddmq/common/metrics'
import { ThriftServer } from '@ddmq/common/thrift'

const MIB = 1024 * 1024
const host = '127.0.0.1'
const log = createLogger({ level: 'warn', pretty: false })
const metrics = new MetricsRegistry()
const server = new ThriftServer({
  name: 'echo',
  host,
  port: 0,
  service: { sendSync: producerService.sendSync },
  handlers: { sendSync: () => ({ code: 0, msg: 'OK' }) },
  limits: {
    maxFrameBytes: MIB,
    maxReadBufferBytes: 64 * MIB,
    maxConnections: 1000,
    idleTimeoutMs: 60_000,
    maxInFlightPerConnection: 64,
  },
  log,
})
const admin = new AdminServer({ host, port: 0, log, health: () => ({ ok: true }), metrics, config: {} })
await eventLoopMetrics(metrics).start(AbortSignal.timeout(1000))
await admin.start()
await server.start(AbortSignal.timeout(1000))
process.stdout.write(`listening on ${server.address().port}, admin on ${admin.port}\n`)
