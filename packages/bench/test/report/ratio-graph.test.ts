import { expect, test } from 'vitest'
import { ratioGraph } from '../../src/report/ratio-graph.ts'
import { measured, RATE } from './fake-report.ts'
import { assertWellFormed } from './well-formed.ts'

const { against: _, ...ALONE } = RATE
const { goal: __, ...FREE } = RATE

test.each([
  ['<a><b></a></b>', '</a> closes another element'],
  ['<a>1 & 2</a>', 'a bare & in 1 & 2'],
  ['<a x="1" x="2"/>', 'an attribute is there twice'],
  ['<a/><b/>', 'there is more than one element'],
  ['<a>', 'not closed: a'],
  ['<a x=1/>', 'no XML at'],
])('the check of these tests refuses %s', (xml, reason) => {
  expect(() => assertWellFormed(xml)).toThrow(reason)
})

test('a graph is well-formed, whatever stands in a title, and has a title and a description', () => {
  const svg = ratioGraph('send & "pull"', [
    measured('a', [[{ ...RATE, title: '<b> & "c" \u0007' }, 90, 100]]),
    measured('b', [[RATE, 10, 100]]),
  ])

  assertWellFormed(svg ?? '')
  expect(svg).toContain('role="img" aria-labelledby="title description"')
  expect(svg).toContain('<title id="title">send &amp; &quot;pull&quot;</title>')
  expect(svg).toContain(
    '<desc id="description">a: &lt;b&gt; &amp; &quot;c&quot;  : 0.9 ×, ≥ 0.7 met; b: rate: 0.1 ×, ≥ 0.7 MISSED</desc>',
  )
})

test('a bar is as long as its ratio, its goal stands where the same ratio would end, and the longest fits', () => {
  const svg = ratioGraph('send', [measured('a', [[RATE, 35, 100]]), measured('b', [[RATE, 140, 100]])]) ?? ''

  expect(
    [...svg.matchAll(/class="(met|missed)" x="0" y="\d+" width="([\d.]+)"/g)].map(match => match.slice(1)),
  ).toEqual([
    ['missed', '175'],
    ['met', '700'],
  ])
  expect([...svg.matchAll(/class="goal" x1="([\d.]+)" x2="\1"/g)].map(([, x]) => x)).toEqual(['350', '350'])
})

test('a bar whose load generator was saturated is hollow, and neither met nor missed', () => {
  const svg = ratioGraph('send', [measured('a', [[RATE, 90, 100]], ['ours'])]) ?? ''

  expect(svg).toContain('<rect class="unjudged" ')
  expect(svg).toMatch(/\.unjudged \{ fill: none;/)
  expect(svg).toContain('a: rate: 0.9 ×, ≥ 0.7 not judged</desc>')
  expect(svg).not.toMatch(/class="(met|missed)"/)
})

test('what has no ratio or no goal has no bar, and without a bar there is no graph', () => {
  const scenario = measured('a', [
    [ALONE, 1],
    [FREE, 1, 2],
  ])

  expect(ratioGraph('send', [scenario])).toBeUndefined()
  expect(ratioGraph('send', [scenario, measured('b', [[RATE, 1, 2]])])?.match(/<rect/g)).toHaveLength(1)
})
