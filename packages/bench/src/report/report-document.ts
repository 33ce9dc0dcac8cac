import { z } from 'zod'
import { machineSchema } from './machine.ts'
import type { Row } from './row.ts'
import type { ScenarioResult } from './run-scenario.ts'
import { UNITS } from './scenario.ts'

/** Changes with the meaning of a field, so that two reports are never compared by halves. */
export const REPORT_FORMAT = 2

const spreadSchema = z.object({ median: z.number(), min: z.number(), max: z.number() })

const rowSchema: z.ZodType<Row> = z.object({
  key: z.string(),
  title: z.string(),
  unit: z.enum(UNITS),
  better: z.enum(['more', 'less']),
  against: z.string().exactOptional(),
  goal: z
    .union([z.strictObject({ atLeast: z.number() }), z.strictObject({ atMost: z.number() })])
    .exactOptional(),
  elsewhere: z.string().exactOptional(),
  ours: spreadSchema,
  reference: spreadSchema.exactOptional(),
  ratio: spreadSchema.exactOptional(),
  isMet: z.boolean().exactOptional(),
  isSaturated: z.boolean().exactOptional(),
  leftOut: z.number().exactOptional(),
})

export const scenarioResultSchema: z.ZodType<ScenarioResult> = z.object({
  id: z.string(),
  title: z.string(),
  rows: z.array(rowSchema),
})

const notMeasuredSchema = z.object({
  id: z.string(),
  title: z.string(),
  /** `missing`: this machine lacks what it needs; `out of time`: the time of the whole run was over. */
  outcome: z.enum(['missing', 'failed', 'out of time']),
  reason: z.string(),
})

/** What `ddmq bench report` writes. */
export const reportSchema = z.object({
  format: z.literal(REPORT_FORMAT),
  /** Of DDMQ. */
  version: z.string(),
  /** ISO 8601, UTC. */
  startedAt: z.string(),
  /** Absent outside a git checkout. */
  commit: z.string().exactOptional(),
  /** Whether the sources were changed since the commit. */
  hasLocalChanges: z.boolean().exactOptional(),
  machine: machineSchema,
  /** Of one minute. */
  loadAverage: z.object({ before: z.number(), after: z.number() }),
  kind: z.enum(['quick', 'full']),
  /** Names of the only scenarios that were asked for (`chosenScenarios`); all of the kind where there is none. */
  only: z.array(z.string()).readonly(),
  repetitions: z.number(),
  seconds: z.number(),
  measured: z.array(scenarioResultSchema).readonly(),
  notMeasured: z.array(notMeasuredSchema).readonly(),
})

export type ReportDocument = z.infer<typeof reportSchema>
export type NotMeasured = z.infer<typeof notMeasuredSchema>
