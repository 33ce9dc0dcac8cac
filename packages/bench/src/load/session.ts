import { setTimeout as delay } from 'node:timers/promises'
import { ThriftConnection } from '@ddmq/common/thrift'

/** Pause before a lost connection is opened again. */
export const RECONNECT_MS = 50

export interface Address {
  readonly host: string
  readonly port: number
}

/**
 * One client of a load run: a connection that is opened again whenever it breaks, until the run is over. So a server that
 * dies and comes back is met with errors that are counted, not with an end of the run.
 */
export async function runSession(
  address: Address,
  over: AbortSignal,
  {
    once,
    failed,
  }: {
    readonly once: (connection: ThriftConnection) => Promise<void>
    readonly failed: (error: unknown) => void
  },
): Promise<void> {
  while (!over.aborted) {
    let connection: ThriftConnection | undefined
    try {
      connection = await ThriftConnection.connect({ ...address, connectTimeoutMs: 1000 })
      while (!over.aborted && !connection.closed) await once(connection)
    } catch (error) {
      failed(error)
      await delay(RECONNECT_MS)
    } finally {
      connection?.close()
    }
  }
}
