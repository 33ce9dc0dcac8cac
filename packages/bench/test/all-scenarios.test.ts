import { expect, test } from 'vitest'
import { chosenScenarios, SCENARIO_LIST } from '../src/index.ts'
import { methodOf } from '../src/report/area-methods.ts'
import { areaOf } from '../src/report/scenario.ts'
import { ALL_SCENARIOS } from '../src/scenarios/all-scenarios.ts'

test('ids are words with dots, of which the first names a file, and no two rows have the same name', () => {
  const ids = ALL_SCENARIOS.map(({ id }) => id)
  const rows = ALL_SCENARIOS.flatMap(({ id, figures }) =>
    figures.map(({ key, against = '' }) => `${id} ${key} ${against}`),
  )

  expect(ids.filter(id => !/^[a-z\d-]+(\.[\w-]+)*$/.test(id))).toEqual([])
  expect(new Set(ids).size).toBe(ids.length)
  expect(new Set(rows).size).toBe(rows.length)
})

test('where a scenario has cases, each figure belongs to one', () => {
  for (const { figures, cases } of ALL_SCENARIOS) {
    const strays = figures.filter(({ key }) => cases?.some(name => key.startsWith(`${name}.`)) === false)
    expect(strays).toEqual([])
  }
})

test('the command that the page prints runs one scenario alone', () => {
  for (const { id } of ALL_SCENARIOS)
    expect(chosenScenarios(SCENARIO_LIST, 'full', [id]).map(chosen => chosen.id)).toEqual([id])
})

test('the page says of each area how it is measured', () => {
  const areas = ALL_SCENARIOS.map(({ id }) => areaOf(id))

  expect(areas.filter(area => methodOf(area) === undefined)).toEqual([])
})
