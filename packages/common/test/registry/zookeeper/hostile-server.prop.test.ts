import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Frames } from '../../../src/registry/zookeeper/frames.ts'
import { JuteReader, JuteWriter } from '../../../src/registry/zookeeper/jute.ts'
import { openRegistry, settingsFor } from './fixture.ts'

test('frames come out as they went in, however the stream is cut', () => {
  const texts = fc.array(fc.string(), { maxLength: 8 })
  fc.assert(
    fc.property(texts, fc.array(fc.nat(), { maxLength: 20 }), (sent, cuts) => {
      const stream = Buffer.concat(sent.map(text => new JuteWriter().text(text).frame()))
      const places = [
        0,
        ...cuts.map(cut => cut % (stream.length + 1)).toSorted((a, b) => a - b),
        stream.length,
      ]
      const frames = new Frames()
      const received = places
        .slice(1)
        .flatMap((to, index) => frames.push(stream.subarray(places[index], to)))
        .map(frame => new JuteReader(frame).text())
      expect(received).toEqual(sent)
    }),
  )
})

test('numbers, texts and buffers are read as they were written', () => {
  fc.assert(
    fc.property(fc.integer(), fc.maxSafeInteger(), fc.string(), fc.uint8Array(), (int, long, text, bytes) => {
      const frame = new JuteWriter().int(int).long(long).text(text).buffer(bytes).frame()
      const reader = new JuteReader(frame.subarray(4))
      expect([reader.int(), reader.long(), reader.text(), new Uint8Array(reader.buffer())]).toEqual([
        int,
        long,
        text.toWellFormed(),
        bytes,
      ])
    }),
  )
})

test('random bytes give a value or a RangeError', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), bytes => {
      expect(outcomeOf(Buffer.from(bytes))).toMatch(/^(?:read|RangeError)$/)
    }),
  )
})

function outcomeOf(bytes: Buffer): string {
  const reader = new JuteReader(bytes)
  try {
    reader.texts()
    reader.long()
    reader.text()
    return 'read'
  } catch (thrown) {
    return thrown instanceof RangeError ? 'RangeError' : String(thrown)
  }
}

const GRANTED = new JuteWriter().int(0).int(4_000).long(1).buffer(Buffer.alloc(16)).frame()

/** A server's part of a connection that goes wrong. */
const MISBEHAVIOURS: readonly (readonly [string, (socket: Socket) => void])[] = [
  ['ends each connection at once', socket => socket.destroy()],
  ['refuses each session', socket => socket.end(new JuteWriter().int(0).int(0).long(0).frame())],
  ['answers with text', socket => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')],
  ['announces an endless frame', socket => socket.write(Buffer.alloc(8, 0xff))],
  ['announces two gigabytes', socket => socket.write(Buffer.from([0x7f, 0xff, 0xff, 0xff, 0]))],
  ['grants a session and ends', socket => socket.end(GRANTED)],
  ['answers what nobody asked', socket => socket.write(Buffer.concat([GRANTED, answer(4711, 0)]))],
  ['answers too little', socket => socket.write(Buffer.concat([GRANTED, answer(1, 0).subarray(0, 12)]))],
  [
    'reports changes without an end of the text',
    socket => socket.write(Buffer.concat([GRANTED, answer(-1, 0)])),
  ],
  ['grants a session and says nothing', socket => socket.write(GRANTED)],
]

function answer(xid: number, rc: number): Buffer {
  return new JuteWriter().int(xid).long(1).int(rc).frame()
}

test.each(MISBEHAVIOURS)(
  'a server that %s costs a clear error and nothing else',
  async (_name, misbehave) => {
    const server = createServer(socket => {
      socket.on('error', () => undefined)
      socket.once('data', () => misbehave(socket))
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    // A server on a port has an address object.
    const { port } = server.address() as AddressInfo

    await expect(
      openRegistry(settingsFor(`127.0.0.1:${port}`, { startTimeoutMs: 300, operationTimeoutMs: 1_000 })),
    ).rejects.toMatchObject({
      code: 'REGISTRY_UNAVAILABLE',
      message: expect.stringMatching(new RegExp(`^ZooKeeper 127\\.0\\.0\\.1:${port}/\\S+ is away: `)),
    })
    server.close()
  },
)

test('answers of random bytes in a session end it with a reason', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 200 }), async bytes => {
      const server = createServer(socket => {
        socket.on('error', () => undefined)
        socket.once('data', () => socket.end(Buffer.concat([GRANTED, Buffer.from(bytes)])))
      }).listen(0, '127.0.0.1')
      await once(server, 'listening')
      const { port } = server.address() as AddressInfo
      await expect(
        openRegistry(settingsFor(`127.0.0.1:${port}`, { startTimeoutMs: 0 })),
      ).rejects.toMatchObject({
        code: 'REGISTRY_UNAVAILABLE',
      })
      server.close()
    }),
    { numRuns: 100 },
  )
})
