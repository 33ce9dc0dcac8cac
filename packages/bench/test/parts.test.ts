import { tempDir } from '@ddmq/testkit'
import { expect, test } from 'vitest'
import { runScenario } from '../src/report/run-scenario.ts'
import { partsScenarios } from '../src/scenarios/parts.ts'

const BRIEF = { ddmq: ['none'], env: {}, seconds: 0.05 } as const
/** One of each kind: the others differ in numbers only. */
const ONE_OF_EACH = ['codec.encode', 'echo.64', 'log.append.64.fsync']

test.each(ONE_OF_EACH)('%s measures each of its figures on every side', async id => {
  await using dir = await tempDir()
  const [scenario] = partsScenarios.filter(candidate => candidate.id === id)
  if (scenario === undefined) throw new Error(`there is no ${id}`)

  const result = await runScenario(scenario, { ...BRIEF, dir: dir.path }, 1)

  expect(result.rows).toHaveLength(scenario.figures.length)
  for (const row of result.rows) {
    expect(Number.isFinite(row.ours.median)).toBe(true)
    expect(row.reference === undefined || row.reference.median > 0).toBe(true)
  }
})
