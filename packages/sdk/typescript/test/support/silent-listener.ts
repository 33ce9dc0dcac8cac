import { once } from 'node:events'
import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'
import { freezeProcess, type NodeProcess } from '@ddmq/testkit'

/** Listens, prints where, and has room for two connections that it has not accepted yet. */
export const SILENT_LISTENER = fileURLToPath(new URL('silent-listener-process.ts', import.meta.url))

/** From now on the kernel answers nobody who wants to connect: the listener accepts nothing more and its room is taken. */
export async function beSilent(listener: NodeProcess, endpoint: string): Promise<void> {
  const { pid } = listener
  // Process 0 would be the runner and everything it started.
  if (pid === undefined) throw new Error('the listener was not started')
  await freezeProcess(pid)
  const [host = '', port] = endpoint.split(':')
  for (let taken = 0; taken < 2; taken += 1) {
    const socket = connect(Number(port), host)
    // It ends with the listener.
    socket.on('error', () => socket.destroy())
    await once(socket, 'connect')
  }
}
