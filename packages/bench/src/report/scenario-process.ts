import { describeError } from '@ddmq/common/errors'
import { z } from 'zod'
import { runScenario } from './run-scenario.ts'
import type { Scenario } from './scenario.ts'
import { type ScenarioAnswer, scenarioOrderSchema } from './scenario-messages.ts'

// The process of one scenario: leads a process group, so that everything it started can be ended with it.

const listSchema = z.object({ ALL_SCENARIOS: z.array(z.custom<Scenario>()) })

process.on('disconnect', () => process.kill(-process.pid, 'SIGKILL')) // whoever asked is gone
process.once('message', message => void answer(message).then(found => process.send?.(found)))

async function answer(message: unknown): Promise<ScenarioAnswer> {
  try {
    const { module, id, bench, repetitions } = scenarioOrderSchema.parse(message)
    const { ALL_SCENARIOS } = listSchema.parse(await import(module))
    const scenario = ALL_SCENARIOS.find(candidate => candidate.id === id)
    if (scenario === undefined) throw new Error(`there is no scenario ${id}`)
    return { result: await runScenario(scenario, bench, repetitions) }
  } catch (thrown) {
    return { reason: describeError(thrown) }
  }
}
