import { type ThriftHandlers, ThriftServer, type ThriftService } from '@ddmq/common/thrift'
import { onTestFinished } from 'vitest'
import { FaultGate } from './fault-gate.ts'

/** Serves the handlers behind a gate of their own; both end with the test. */
export async function listen<Service extends ThriftService>(
  service: Service,
  handlers: ThriftHandlers<Service>,
): Promise<FaultGate> {
  const server = new ThriftServer({ service, handlers } as never) as any
  await server.start()
  const gate = await new FaultGate(server.port).listen()
  onTestFinished(async () => {
    await gate.close()
    await server.stop()
  })
  return gate
}
