import { extname } from 'node:path'
import { ALL_SCENARIOS } from '../scenarios/all-scenarios.ts'
import { areaOf, type Scenario } from './scenario.ts'

/** Scenarios, and the URL of the module that exports them as `ALL_SCENARIOS`, for the processes that run them. */
export interface ScenarioList {
  readonly module: string
  readonly scenarios: readonly Scenario[]
}

export const SCENARIO_LIST: ScenarioList = {
  module: new URL(`../scenarios/all-scenarios${extname(import.meta.url)}`, import.meta.url).href,
  scenarios: ALL_SCENARIOS,
}

/**
 * Those of the kind that were asked for; all of the kind where nothing was. A name is an id (that scenario alone, `send.kafka`), or an
 * id or the beginning of one with `.*` (it and all below it, `send.kafka.*`), or an area (all of it, `send`).
 */
export function chosenScenarios(
  { scenarios }: ScenarioList,
  kind: 'quick' | 'full',
  only: readonly string[],
): readonly Scenario[] {
  const ofKind = scenarios.filter(({ isQuick }) => kind === 'full' || isQuick)
  if (only.length === 0) return ofKind
  const wanted = new Set(only.flatMap(name => named(scenarios, name)))
  return ofKind.filter(scenario => wanted.has(scenario))
}

/** The names that mean no scenario of the kind. */
export function namesOfNothing(
  list: ScenarioList,
  kind: 'quick' | 'full',
  only: readonly string[],
): readonly string[] {
  return only.filter(name => chosenScenarios(list, kind, [name]).length === 0)
}

function named(scenarios: readonly Scenario[], name: string): readonly Scenario[] {
  const exact = scenarios.filter(({ id }) => id === name)
  if (exact.length > 0) return exact
  if (!name.endsWith('.*')) return scenarios.filter(({ id }) => areaOf(id) === name)
  const stem = name.slice(0, -'.*'.length)
  return scenarios.filter(({ id }) => id === stem || id.startsWith(`${stem}.`))
}
