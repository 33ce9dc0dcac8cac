import fc from 'fast-check'
import { expect, test } from 'vitest'
import { printJson } from '../../src/core/actions/json-value.ts'
import { parseRelaxedJson } from '../../src/core/actions/relaxed-json.ts'

/** JSON text with commas and spaces strewn over it, and its strings in single quotes. */
function careless(value: unknown): string {
  if (typeof value === 'string') {
    const inner = JSON.stringify(value).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")
    return `'${inner}'`
  }
  if (Array.isArray(value)) return `[ , ${value.map(careless).join(' ,, ')} , ]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value).map(([name, member]) => `${careless(name)} : ${careless(member)}`)
  return `{ ${members.join(',\n,')},}`
}

test('strict text keeps its value', () => {
  fc.assert(
    fc.property(fc.json({ stringUnit: 'binary' }), text => {
      expect(JSON.parse(printJson(parseRelaxedJson(text)))).toEqual(JSON.parse(text))
    }),
  )
})

test('careless text has the value of the strict text', () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: 'grapheme' }), value => {
      expect(JSON.parse(printJson(parseRelaxedJson(careless(value))))).toEqual(
        JSON.parse(JSON.stringify(value)),
      )
    }),
  )
})
