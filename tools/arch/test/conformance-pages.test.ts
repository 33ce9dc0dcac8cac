import { globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { conformanceRows, testedIds } from '../conformance-pages.ts'

const root = resolve(import.meta.dirname, '../../..')
const pages = globSync('docs/conformance/*.md', { cwd: root })
const rows = pages.flatMap(page => conformanceRows(readFileSync(join(root, page), 'utf8')))
const tested = testedIds(root)

describe('conformance pages', () => {
  test.each([
    ['PP', 92],
    ['CP', 56],
    ['CH', 55],
    ['CO', 55],
    ['CM', 46],
    ['SD', 50],
  ])('list every item of %s once', (prefix, count) => {
    const numbers = rows.filter(row => row.id.startsWith(prefix)).map(row => Number(row.id.slice(3)))

    expect(numbers.toSorted((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, index) => index + 1))
  })

  test('what is called proven has a test that carries its id', () => {
    expect(rows.filter(row => row.proven && !tested.has(row.id)).map(row => row.id)).toEqual([])
  })

  test('no test carries an id that no page lists', () => {
    expect([...tested].filter(id => !rows.some(row => row.id === id))).toEqual([])
  })

  test('a row without a test and a range are understood', () => {
    expect(conformanceRows('| PP-1 | what | proven by `x` |\n| PP-2 – PP-3 | more | later |\n')).toEqual([
      { id: 'PP-1', proven: true },
      { id: 'PP-2', proven: false },
      { id: 'PP-3', proven: false },
    ])
  })
})
