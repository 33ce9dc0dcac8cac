import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/** A plain TCP connection; errors of the peer's making are left to whoever reads. */
export async function openSocket(port: number): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true })
  onTestFinished(() => void socket.destroy())
  await once(socket, 'connect')
  socket.on('error', () => undefined)
  return socket
}

/** The bytes with the length that goes before them on the wire. */
export function framed(payload: Uint8Array): Buffer {
  const header = Buffer.alloc(4)
  header.writeInt32BE(payload.length)
  return Buffer.concat([header, payload])
}

/** The payload of the next frame. */
export async function readFrame(socket: Socket): Promise<Buffer> {
  let received = Buffer.alloc(0)
  for await (const chunk of socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    received = Buffer.concat([received, chunk])
    if (received.length >= 4 && received.length >= 4 + received.readInt32BE()) break
  }
  return received.subarray(4)
}
