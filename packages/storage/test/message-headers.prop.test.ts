import { decodeMessageHeaders, encodeMessageHeaders } from '@ddmq/storage'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const text = fc.string({ unit: 'grapheme' })
const name = fc.oneof(
  text,
  text.map(rest => `ddmq-${rest}`),
  fc.constantFrom('ddmq-tags', 'ddmq-property-ddmq-tags', 'ddmq-', 'traceId', 'carrera_headers'),
)
const properties = fc.array(fc.tuple(name, text)).map(entries => new Map(entries))

describe('message headers', () => {
  it('H1 H2 gives back exactly the tags and properties that were encoded, whatever their names', () => {
    fc.assert(
      fc.property(fc.option(text, { nil: undefined }), properties, (tags, given) => {
        const decoded = decodeMessageHeaders(encodeMessageHeaders(tags, given))
        expect(decoded.tags).toBe(tags === '' ? undefined : tags)
        expect([...decoded.properties]).toEqual([...given])
      }),
    )
  })

  it('H1 stores a property under its own name', () => {
    const headers = encodeMessageHeaders('a||b', new Map([['traceId', 'ü1']]))
    expect(headers.map(header => [header.name, Buffer.from(header.value).toString()])).toEqual([
      ['ddmq-tags', 'a||b'],
      ['traceId', 'ü1'],
    ])
  })

  it('H3 keeps headers of ours out of the properties', () => {
    const ours = [{ name: 'ddmq-later', value: Buffer.from('x') }]
    expect(decodeMessageHeaders(ours)).toEqual({ tags: undefined, properties: new Map() })
  })

  it('reads values that are views into a larger block', () => {
    const block = Buffer.from('..yes..')
    const headers = [{ name: 'p', value: new Uint8Array(block.buffer, block.byteOffset + 2, 3) }]
    expect(decodeMessageHeaders(headers).properties.get('p')).toBe('yes')
  })
})
