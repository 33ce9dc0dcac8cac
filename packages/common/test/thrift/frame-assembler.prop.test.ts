import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FrameAssembler } from '../../src/thrift/frame-assembler.ts'
import { framed } from './server-fixture.ts'

test('F1 F2 frames come out as they went in, however the stream is cut', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ minLength: 1, maxLength: 3_000 }), { maxLength: 8 }),
      fc.array(fc.integer({ min: 1, max: 2_000 }), { minLength: 1, maxLength: 20 }),
      (payloads, cuts) => {
        const stream = Buffer.concat(payloads.map(framed))
        const assembler = new FrameAssembler(3_000)
        const found: Buffer[] = []

        for (let at = 0, cut = 0; at < stream.length; cut++) {
          const size = cuts[cut % cuts.length]!
          assembler.push(stream.subarray(at, at + size))
          at += size
          while (assembler.next()) found.push(assembler.frame.subarray(assembler.start, assembler.end))
          expect(assembler.unreadBytes).toBe(0)
        }

        expect(assembler.isInsideFrame).toBe(false)
        expect(found.map(frame => frame.toString('hex'))).toEqual(
          payloads.map(payload => Buffer.from(payload).toString('hex')),
        )
      },
    ),
    { numRuns: 100 },
  )
})

test('F1 a frame that arrives in one piece is not copied', () => {
  const chunk = framed(Buffer.from('abc'))
  const assembler = new FrameAssembler(10)

  assembler.push(chunk)

  expect(assembler.next()).toBe(true)
  expect(assembler.frame).toBe(chunk)
})

test.each([0, -1, 11, 0x7fff_ffff])('a frame of %i bytes is refused when 10 are allowed', length => {
  const header = Buffer.alloc(4)
  header.writeInt32BE(length)
  const assembler = new FrameAssembler(10)

  assembler.push(header)

  expect(() => assembler.next()).toThrow(expect.objectContaining({ code: 'WIRE_FRAME_SIZE' }))
})
