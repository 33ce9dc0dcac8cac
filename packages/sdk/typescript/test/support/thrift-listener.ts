import { type ThriftHandlers, ThriftServer, type ThriftService } from '@ddmq/common/thrift'
import { onTestFinished } from 'vitest'
import { FaultGate } from './fault-gate.ts'

const LIMITS = {
  maxFrameBytes: 1_000_000,
  maxReadBufferBytes: 10_000_000,
  maxConnections: 1000,
  idleTimeoutMs: 0,
  maxInFlightPerConnection: 1,
}

/** Serves the handlers behind a gate of their own; both end with the test. */
export async function listen<Service extends ThriftService>(
  service: Service,
  handlers: ThriftHandlers<Service>,
): Promise<FaultGate> {
  const log = { warn: ignore, error: ignore }
  const server = new ThriftServer({
    name: 'fake',
    host: '127.0.0.1',
    port: 0,
    service,
    handlers,
    limits: LIMITS,
    log,
  })
  await server.start(new AbortController().signal)
  const gate = await new FaultGate(server.address().port).listen()
  onTestFinished(async () => {
    await gate.close()
    await server.stop(AbortSignal.abort())
  })
  return gate
}

/** Planted failures are no news. */
function ignore(): void {}
