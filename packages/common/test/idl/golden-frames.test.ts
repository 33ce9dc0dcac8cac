import { describe, expect, test } from 'vitest'
import { consumerService, DelayMessage, Message, producerService } from '../../src/idl/index.ts'
import { MessageType } from '../../src/thrift/index.ts'
import { bytesOf, readerOf } from './codec-table.ts'

/** Captured from the original SDKs and servers (sdk.md §1.5), without the frame's length. */
const PYTHON_SEND =
  '8221000873656e6453796e631c18047465737418026b314503180568656c6c6f180670792d302e320016d00f00'
const GO_SEND =
  '8221010873656e6453796e631c18047465737418026b311800160018001503180568656c6c6f180c676f5f73646b5f322e302e3300166400'
const JAVA_SEND =
  '8221010873656e6453796e631c18047465737418026b3126002503180568656c6c6f18176a6176615f247b70726f6a6563742e76657273696f6e7d00166400'
const JAVA_CANCEL =
  '8221020d73656e6444656c617953796e631c180474657374180369643118016318027467150488176a6176615f247b70726f6a6563742e76657273696f6e7d00166400'
const JAVA_PULL =
  '8221010470756c6c1c180763675f746573749510156408781a73696d706c65406a6176615f312e302e302d534e415053484f540000'
const JAVA_PULL_WITH_RESULT =
  '8221020470756c6c1c180763675f74657374951015640c641c180763675f746573741804746573741808525f746573745f3000291600190600a81a73696d706c65406a6176615f312e302e302d534e415053484f540000'
const SEND_REPLY = '8241010873656e6453796e630c0015001805636f6465300000'
const PULL_REPLY =
  '8241010470756c6c0c001c180763675f746573741804746573741808525f746573745f3000191c18026b3018047600ff30180016001b018801610162000000'
const EMPTY_PULL_REPLY = '8241020470756c6c0c001c180763675f7465737418047465737418013000190c0000'

type Header = readonly [name: string, type: number, sequenceId: number]

function readerAt(hex: string, header: Header) {
  const reader = readerOf('compact', Buffer.from(hex, 'hex'))
  reader.messageBegin()
  expect([reader.messageName, reader.messageType, reader.sequenceId]).toEqual(header)
  return reader
}

function message(members: Partial<Message>): Message {
  return Object.assign(new Message(), { topic: 'test', key: 'k1', body: Buffer.from('hello') }, members)
}

describe('requests of the original SDKs', () => {
  test('Python sends neither hashId nor value', () => {
    const args = producerService.sendSync.readArgs(readerAt(PYTHON_SEND, ['sendSync', MessageType.call, 0]))

    expect(args).toEqual({ message: message({ partitionId: -2, version: 'py-0.2' }), timeout: 1000 })
  })

  test.each([
    ['Go', GO_SEND, message({ value: Buffer.alloc(0), tags: '', partitionId: -2, version: 'go_sdk_2.0.3' })],
    // The version is what an unfiltered build of that SDK sends.
    ['Java', JAVA_SEND, message({ partitionId: -2, version: ['java_$', '{project.version}'].join('') })],
  ])('%s sends sendSync, and ours has the same bytes', (_sdk, hex, expected) => {
    const header: Header = ['sendSync', MessageType.call, 1]
    const args = producerService.sendSync.readArgs(readerAt(hex, header))

    expect(args).toEqual({ message: expected, timeout: 50 })
    const written = bytesOf('compact', writer => {
      writer.messageBegin(...header)
      producerService.sendSync.writeArgs(writer, args)
    })
    expect(written.toString('hex')).toBe(hex)
  })

  test('Java cancels a delayed message, and ours has the same bytes', () => {
    const header: Header = ['sendDelaySync', MessageType.call, 2]
    const args = producerService.sendDelaySync.readArgs(readerAt(JAVA_CANCEL, header))

    expect(args).toEqual({
      delayMessage: Object.assign(new DelayMessage(), {
        topic: 'test',
        uniqDelayMsgId: 'id1',
        body: Buffer.from('c'),
        tags: 'tg',
        action: 2,
        version: ['java_$', '{project.version}'].join(''),
      }),
      timeout: 50,
    })
    const written = bytesOf('compact', writer => {
      writer.messageBegin(...header)
      producerService.sendDelaySync.writeArgs(writer, args)
    })
    expect(written.toString('hex')).toBe(JAVA_CANCEL)
  })

  test.each([
    ['without results', JAVA_PULL, 1, undefined],
    [
      'with results',
      JAVA_PULL_WITH_RESULT,
      2,
      {
        context: { groupId: 'cg_test', topic: 'test', qid: 'R_test_0' },
        successOffsets: [0],
        failOffsets: [],
        nextResult: undefined,
      },
    ],
  ])('Java pulls %s, and ours has the same bytes', (_case, hex, sequenceId, result) => {
    const header: Header = ['pull', MessageType.call, sequenceId]
    const args = consumerService.pull.readArgs(readerAt(hex, header))

    expect(args.request).toEqual({
      groupId: 'cg_test',
      topic: undefined,
      maxBatchSize: 8,
      maxLingerTime: 50,
      result,
      version: 'simple@java_1.0.0-SNAPSHOT',
    })
    const written = bytesOf('compact', writer => {
      writer.messageBegin(...header)
      consumerService.pull.writeArgs(writer, args)
    })
    expect(written.toString('hex')).toBe(hex)
  })
})

describe('replies of the original servers, which ours writes with the same bytes', () => {
  test('sendSync', () => {
    const header: Header = ['sendSync', MessageType.reply, 1]
    const result = producerService.sendSync.readResult(readerAt(SEND_REPLY, header))

    expect(result).toEqual({ code: 0, msg: 'code0', key: undefined })
    const written = bytesOf('compact', writer => {
      writer.messageBegin(...header)
      producerService.sendSync.writeResult(writer, result)
    })
    expect(written.toString('hex')).toBe(SEND_REPLY)
  })

  test.each([
    [
      'one message',
      PULL_REPLY,
      1,
      {
        qid: 'R_test_0',
        messages: [
          {
            key: 'k0',
            value: Buffer.from([0x76, 0x00, 0xff, 0x30]),
            tag: '',
            offset: 0,
            properties: new Map([['a', 'b']]),
          },
        ],
      },
    ],
    ['nothing', EMPTY_PULL_REPLY, 2, { qid: '0', messages: [] }],
  ])('pull with %s', (_case, hex, sequenceId, { qid, messages }) => {
    const header: Header = ['pull', MessageType.reply, sequenceId]
    const response = consumerService.pull.readResult(readerAt(hex, header))

    expect(response).toEqual({ context: { groupId: 'cg_test', topic: 'test', qid }, messages })
    const written = bytesOf('compact', writer => {
      writer.messageBegin(...header)
      consumerService.pull.writeResult(writer, response)
    })
    expect(written.toString('hex')).toBe(hex)
  })
})
