import type { Scenario } from '../report/scenario.ts'
import { consumeScenarios } from './consume.ts'
import { delayScenarios } from './delay.ts'
import { partsScenarios } from './parts.ts'
import { sendScenarios } from './send.ts'

/** Everything that the report measures, in its order. */
export const ALL_SCENARIOS: readonly Scenario[] = [
  ...partsScenarios,
  ...sendScenarios,
  ...consumeScenarios,
  ...delayScenarios,
]
