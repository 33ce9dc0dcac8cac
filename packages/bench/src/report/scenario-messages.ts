import { z } from 'zod'
import { scenarioResultSchema } from './report-document.ts'

/** What the process of a scenario is told. */
export const scenarioOrderSchema = z.object({
  /** URL of the module that exports `ALL_SCENARIOS`. */
  module: z.string(),
  id: z.string(),
  repetitions: z.number(),
  bench: z.object({
    ddmq: z.tuple([z.string()], z.string()).readonly(),
    env: z.record(z.string(), z.string()),
    dir: z.string(),
    seconds: z.number(),
  }),
})

export type ScenarioOrder = z.infer<typeof scenarioOrderSchema>

/** What it answers, once. */
export const scenarioAnswerSchema = z.union([
  z.object({ result: scenarioResultSchema }),
  /** Why it could not be measured. */
  z.object({ reason: z.string() }),
])

export type ScenarioAnswer = z.infer<typeof scenarioAnswerSchema>
