import { type ThriftHandlers, ThriftServer, type ThriftService } from '@ddmq/common/thrift'
import { testLogger } from '@ddmq/testkit'
import { onTestFinished } from 'vitest'
import type { Address } from '../src/load/session.ts'

const MIB = 1024 * 1024
const HOST = '127.0.0.1'

/** Serves what a test says instead of a proxy. Ends with the test. */
export async function startFake<Service extends ThriftService>(
  service: Service,
  handlers: ThriftHandlers<Service>,
): Promise<Address> {
  const server = new ThriftServer({
    name: 'fake',
    host: HOST,
    port: 0,
    service,
    handlers,
    limits: {
      maxFrameBytes: MIB,
      maxReadBufferBytes: 16 * MIB,
      maxConnections: 100,
      idleTimeoutMs: 60_000,
      frameProgressTimeoutMs: 30_000,
      maxInFlightPerConnection: 64,
    },
    log: testLogger().log,
  })
  await server.start(AbortSignal.timeout(5000))
  onTestFinished(() => server.stop(AbortSignal.timeout(1000)))
  return { host: HOST, port: server.address().port }
}
