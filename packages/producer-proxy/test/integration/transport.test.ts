import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { producerService } from '@ddmq/common/idl'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestClient, TestProxy } from './proxy-fixture.ts'

const MAX_FRAME_BYTES = 5_000_000

describe('transport of the proxy', () => {
  let proxy: TestProxy
  let client: TestClient
  beforeAll(async () => {
    proxy = await TestProxy.start({
      topics: [{ topic: 't' }],
      config: { limits: { maxReadBufferBytes: 1_500_000 } },
    })
    client = await proxy.connect()
  })
  afterAll(() => proxy[Symbol.asyncDispose]())

  async function rawSocket(): Promise<Socket> {
    const socket = connect({ host: '127.0.0.1', port: proxy.port })
    await once(socket, 'connect')
    return socket
  }

  it('PP-3 answers an unknown method with an application exception of type 1 and goes on', async () => {
    const unknown = { ...producerService.sendSync, name: 'sendNotifySync' }
    const call = client.connection.call(unknown, { message: undefined, timeout: 1 }, { timeoutMs: 5_000 })
    await expect(call).rejects.toMatchObject({ details: { type: 1 } })
    expect(await client.sendSync({})).toMatchObject({ code: 0 })
  })

  it.each([
    ['PP-4', MAX_FRAME_BYTES + 1],
    ['PP-5', 0],
    ['PP-5', -1],
  ])('%s closes a connection that announces %i bytes, and no other', async (_item, bytes) => {
    const socket = await rawSocket()
    const header = Buffer.alloc(4)
    header.writeInt32BE(bytes)
    socket.write(header)
    socket.resume()
    await once(socket, 'close')
    expect(await client.sendSync({})).toMatchObject({ code: 0 })
  })

  it('PP-6 serves frames that together are over the read budget, one after the other', async () => {
    const clients = await Promise.all(Array.from({ length: 6 }, () => proxy.connect()))
    const body = new Uint8Array(1_000_000)
    const results = await Promise.all(clients.map(one => one.sendSync({ body })))
    expect(results.map(result => result.code)).toEqual(Array(6).fill(0))
  })

  it('PP-7 takes a message without partition as one that goes by its hash', async () => {
    const socket = await rawSocket()
    socket.write(frameWithoutPartition('no field 6'))
    await once(socket, 'data')
    socket.destroy()
    const stored = await proxy.stored('t')
    expect(stored.get('2')?.map(record => Buffer.from(record.value ?? []).toString())).toContain('no field 6')
  })
})

/** Our codec always writes field 6, so this is made by hand: sendSync of {topic 't', hashId 2, body} in the compact protocol, byte by byte. */
function frameWithoutPartition(body: string): Buffer {
  const payload = Buffer.concat([
    Buffer.from([0x82, 0x21, 0x01, 8]),
    Buffer.from('sendSync'),
    Buffer.from([0x1c]), // args, field 1: struct
    Buffer.from([0x18, 1]), // message, field 1: string of 1
    Buffer.from('t'),
    Buffer.from([0x36, 4]), // field 4: i64, zigzag 2
    Buffer.from([0x38, body.length]), // field 7: binary
    Buffer.from(body),
    Buffer.from([0x00, 0x16, 0xd0, 0x0f, 0x00]), // end, args field 2: i64 1000, end
  ])
  const header = Buffer.alloc(4)
  header.writeInt32BE(payload.length)
  return Buffer.concat([header, payload])
}
