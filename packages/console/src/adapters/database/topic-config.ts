import { type DelaySettings, delaySettingsSchema } from '@ddmq/common/registry'
import { z } from 'zod'

interface TopicConfigColumn {
  readonly autoBatch: boolean
  readonly compressionType: number
  readonly delay: DelaySettings
}

const absentIfNull = <Schema extends z.ZodType>(schema: Schema) => z.preprocess(value => value ?? {}, schema)

/** Of a topic that may have been paused: it stays so, as what waits can still be delivered and what is delivered not taken back. */
const UNREADABLE: DelaySettings = { misfire: 'all', paused: true }

const { misfire, paused } = delaySettingsSchema.shape
const delaySchema = z.object({
  misfire: misfire.catch(UNREADABLE.misfire),
  paused: paused.catch(UNREADABLE.paused),
})

/** Each member by itself: one that does not fit, as the original writes nulls, counts as absent and takes no other with it. */
const configSchema = z.object({
  autoBatch: z.boolean().catch(false),
  compressionType: z.int().catch(0),
  /** Ours, beside what the original keeps there. */
  delay: absentIfNull(delaySchema).catch(UNREADABLE),
})

/** `topic.config`. */
export function readTopicConfig(column: string): TopicConfigColumn {
  if (column === '') return configSchema.parse({})
  try {
    return absentIfNull(configSchema).parse(JSON.parse(column))
  } catch {
    return { autoBatch: false, compressionType: 0, delay: UNREADABLE }
  }
}
