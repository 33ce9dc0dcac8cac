import type { Scenario } from '../report/scenario.ts'
import { codecScenarios } from './codec.ts'
import { echoScenarios } from './echo.ts'
import { logAppendScenarios } from './log-append.ts'
import { logReadScenario } from './log-read.ts'

/** The parts that everything else is made of, each on its own. */
export const partsScenarios: readonly Scenario[] = [
  ...codecScenarios,
  ...echoScenarios,
  ...logAppendScenarios,
  logReadScenario,
]
