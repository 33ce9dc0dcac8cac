import { once } from 'node:events'
import { connect } from 'node:net'

/** Does anything accept connections there? */
export async function isListening(host: string, port: number): Promise<boolean> {
  const socket = connect({ host, port })
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false // refused or unreachable: that is the answer
  } finally {
    socket.destroy()
  }
}
