import { once } from 'node:events'
import { connect } from 'node:net'
import { consumerService } from '@ddmq/common/idl'
import {
  ApplicationExceptionType,
  type ThriftMethod,
  type ThriftReader,
  type ThriftWriter,
} from '@ddmq/common/thrift'
import { tempDir } from '@ddmq/testkit'
import { expect, test } from 'vitest'
import { TestProxy } from './proxy-fixture.ts'

/** A call whose argument struct is empty. */
function withoutArguments(name: string): ThriftMethod<undefined, undefined> {
  return {
    name,
    readArgs: () => undefined,
    writeArgs(writer: ThriftWriter) {
      writer.structBegin()
      writer.fieldStop()
      writer.structEnd()
    },
    readResult: (_reader: ThriftReader) => undefined,
    writeResult: () => undefined,
  }
}

test('CP-18 CP-19 a missing field and an unknown method get their error and leave the connection usable', async () => {
  await using dir = await tempDir()
  await using proxy = await TestProxy.start(dir.path)
  const client = await proxy.connect()
  for (const name of Object.keys(consumerService)) {
    const call = client.connection.call(withoutArguments(name), undefined, { timeoutMs: 5000 })
    await expect(call).rejects.toMatchObject({ type: ApplicationExceptionType.protocolError })
  }
  const unknown = client.connection.call(withoutArguments('peek'), undefined, { timeoutMs: 5000 })
  await expect(unknown).rejects.toMatchObject({ type: ApplicationExceptionType.unknownMethod })
  expect((await client.pull('any', { maxLingerTime: 20 })).messages).toEqual([])
})

test('CP-20 a frame larger than the limit closes its connection and no other', async () => {
  await using dir = await tempDir()
  await using proxy = await TestProxy.start(dir.path, { limits: { maxFrameBytes: 1000 } })
  const client = await proxy.connect()
  const socket = connect(proxy.port, '127.0.0.1')
  await once(socket, 'connect')
  const header = Buffer.alloc(4)
  header.writeInt32BE(1001)
  socket.write(header)
  await once(socket, 'close')
  expect((await client.pull('any', { maxLingerTime: 20 })).messages).toEqual([])
})
