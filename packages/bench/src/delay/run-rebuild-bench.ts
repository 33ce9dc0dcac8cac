import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Bench } from '../report/scenario.ts'
import { fullTable, measureRebuild, type Rebuild } from './measure-rebuild.ts'

export interface RebuildBenchOptions extends Omit<Bench, 'seconds'> {
  /** How many messages the table holds. */
  readonly pending: number
}

export interface RebuildBenchResult extends Rebuild {
  readonly pending: number
}

/** Builds the index of so many messages from the table in a Kafka of its own, once. `dir` is where the index is made, and removed again. */
export async function runRebuildBench({
  pending,
  dir: parent,
  ...bench
}: RebuildBenchOptions): Promise<RebuildBenchResult> {
  const dir = await mkdtemp(join(parent, 'ddmq-bench-'))
  try {
    await using kafka = await fullTable(pending)
    return { pending, ...(await measureRebuild({ ...bench, dir }, kafka, pending)) }
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}
