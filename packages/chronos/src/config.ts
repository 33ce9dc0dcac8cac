import { bytes, durationMs } from '@ddmq/common/config'
import { z } from 'zod'

const MIB = 1024 * 1024

/** Settings of one delay service; what it delivers stands in the tables of its broker clusters. */
export const chronosConfigSchema = z.strictObject({
  instance: z
    .string()
    .min(1)
    .optional()
    .describe('How this process is called in figures and logs; absent: host and process id.'),
  dataDir: z
    .string()
    .min(1)
    .describe('Folder of the index of pending messages: a cache that can be built anew from the log.'),
  replicas: z
    .int()
    .min(1)
    .max(10)
    .default(2)
    .describe('Processes that follow each shard, its owner among them; the others can take it over at once.'),
  batch: z
    .strictObject({
      count: z
        .int()
        .positive()
        .max(10_000)
        .optional()
        .describe('Deliveries per transaction; absent: 2000, on the embedded log 500.'),
      bytes: bytes()
        .pipe(z.int().positive())
        .default(8 * MIB)
        .describe('Bytes of deliveries per transaction.'),
    })
    .prefault({})
    .describe('How much is delivered at once.'),
  clock: z
    .strictObject({
      thresholdMs: durationMs()
        .pipe(z.int().positive())
        .default(1000)
        .describe('A greater forward step of the wall clock is not believed at once.'),
      acceptAfterMs: durationMs()
        .pipe(z.int().positive())
        .default(60_000)
        .describe('After so long such a step is believed where the log has no clock of its own.'),
    })
    .prefault({})
    .describe('Never early: how the wall clock is guarded.'),
  table: z
    .strictObject({
      demands: z
        .strictObject({
          replication: z.int().positive().default(2).describe('Copies of each record.'),
          minInsync: z.int().positive().default(2).describe('Copies that acknowledge.'),
        })
        .prefault({})
        .describe(
          'How safe pending messages should be; an embedded log has one copy, of which nothing is said.',
        ),
      require: z
        .boolean()
        .default(false)
        .describe(
          'A table that is known to be less safe is not served, instead of warned of. What may not be seen is warned of.',
        ),
    })
    .prefault({})
    .describe('The table of pending messages.'),
  writeBufferBytes: bytes()
    .pipe(z.int().positive())
    .default(32 * MIB)
    .describe('Memory table of the index; up to two are held.'),
  freeSpaceFloorBytes: bytes()
    .default(256 * MIB)
    .describe('Below this free space the index takes nothing in, and nothing is delivered.'),
})

export type ChronosConfig = Readonly<z.infer<typeof chronosConfigSchema>>
