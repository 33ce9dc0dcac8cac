import { expect, test } from 'vitest'
import { runScenario } from '../../src/report/run-scenario.ts'
import type { Bench, Figure, Sample, Scenario, Stage } from '../../src/report/scenario.ts'

const BENCH: Bench = { ddmq: ['ddmq'], env: {}, dir: '/nowhere', seconds: 1 }

const RATE: Figure = { key: 'rate', title: 'rate', unit: '/s', better: 'more', against: 'bare' }

function scenario(
  sides: Stage['sides'],
  { calls = [], ...extra }: Partial<Scenario> & { readonly calls?: string[] },
): Scenario {
  return {
    id: 'test',
    title: 'a test',
    isQuick: true,
    figures: [RATE],
    open: async () => {
      calls.push('open')
      return { sides, [Symbol.asyncDispose]: async () => void calls.push('disposed of') }
    },
    ...extra,
  }
}

/** A scenario that notes in `calls` what is done with it. */
function noting(calls: string[], ours: () => Sample): Scenario {
  const side = (name: string, sample: () => Sample) => async (): Promise<Sample> => {
    calls.push(name)
    return sample()
  }
  return scenario({ ours: side('ours', ours), bare: side('bare', () => ({ rate: 2 })) }, { calls })
}

test('the sides take turns, ours first, and what they need is disposed of once', async () => {
  const calls: string[] = []

  const { rows } = await runScenario(
    noting(calls, () => ({ rate: 1 })),
    BENCH,
    3,
  )

  expect(calls).toEqual(['open', 'ours', 'bare', 'ours', 'bare', 'ours', 'bare', 'disposed of'])
  expect(rows[0]?.ratio).toEqual({ median: 0.5, min: 0.5, max: 0.5 })
})

test('when a measurement fails, everything is disposed of and the failure is told', async () => {
  const calls: string[] = []
  const failing = noting(calls, () => {
    throw new Error('the server went away')
  })

  await expect(runScenario(failing, BENCH, 3)).rejects.toThrow('the server went away')
  expect(calls).toEqual(['open', 'ours', 'disposed of'])
})

test('sides take turns in each case, and a side that measures nothing in a case is left out of it', async () => {
  const turns: string[] = []
  const side = (name: string, sample: Sample) => async (ofCase: string) => {
    turns.push(`${name} ${ofCase}`)
    return name === 'bare' && ofCase === 'b' ? {} : sample
  }
  const { against: _, ...alone } = RATE
  const figures = [
    { ...RATE, key: 'a.rate' },
    { ...alone, key: 'b.rate' },
  ]
  const sides = { ours: side('ours', { rate: 6 }), bare: side('bare', { rate: 3 }) }

  const { rows } = await runScenario(scenario(sides, { figures, cases: ['a', 'b'] }), BENCH, 2)

  const once = ['ours a', 'bare a', 'ours b', 'bare b']
  expect(turns).toEqual([...once, ...once])
  expect(rows.map(({ key, ratio }) => [key, ratio?.median])).toEqual([
    ['a.rate', 2],
    ['b.rate', undefined],
  ])
})

test('a repetition whose generator was at its end is left out, of all that it touches and no more', async () => {
  const shares = [0.5, 0.95, 0.5]
  const rates = [10, 20, 30]
  const busy = noting([], () => ({ rate: rates.pop() ?? 0, generatorCpuShare: shares.pop() ?? 0 }))

  const { rows } = await runScenario(busy, BENCH, 3)

  expect(rows).toMatchObject([{ ours: { min: 10, max: 30 }, leftOut: 1 }])
  expect(rows[0]?.ratio).toEqual({ median: 10, min: 5, max: 15 })
})

test('a generator that was at its end in one case does not mark the others', async () => {
  const sides = {
    ours: async (ofCase: string) => ({ rate: 1, generatorCpuShare: ofCase === 'b' ? 0.95 : 0.5 }),
    bare: async () => ({ rate: 1, generatorCpuShare: 0.1 }),
  }
  const figures = ['a.rate', 'b.rate'].map(key => ({ ...RATE, key }))

  const { rows } = await runScenario(scenario(sides, { figures, cases: ['a', 'b'] }), BENCH, 1)

  expect(rows.map(({ key, isSaturated }) => [key, isSaturated])).toEqual([
    ['a.rate', undefined],
    ['b.rate', true],
  ])
})
