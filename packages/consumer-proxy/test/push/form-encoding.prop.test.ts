import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeForm } from '../../src/core/push/form-encoding.ts'

describe('form encoding', () => {
  test('leaves exactly A-Za-z0-9-._* as they are and writes a space as +', () => {
    const kept = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code)).filter(
      char => encodeForm([{ name: char, value: null }]) === char,
    )

    expect(kept.join('')).toBe('*-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz')
    expect(encodeForm([{ name: 'a b', value: '~é€😀%20' }])).toBe('a+b=%7E%C3%A9%E2%82%AC%F0%9F%98%80%2520')
  })

  test('writes a field without value as its bare name, an empty one with =', () => {
    expect(
      encodeForm([
        { name: 'a', value: null },
        { name: 'b', value: '' },
        { name: 'c', value: '1' },
      ]),
    ).toBe('a&b=&c=1')
  })

  test('agrees with the platform for every text', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }))),
        pairs => {
          const fields = pairs.map(([name, value]) => ({ name: `n${name}`, value }))

          expect(encodeForm(fields)).toBe(
            new URLSearchParams(fields.map(({ name, value }): [string, string] => [name, value])).toString(),
          )
        },
      ),
    )
  })
})
