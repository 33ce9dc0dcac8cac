import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { kafkaMissing, startKafka } from '@ddmq/testkit'
import { processUsageMissing } from '../../load/process-usage.ts'
import { firstWarmUpSeconds } from '../../load/warm-up.ts'
import type { Bench, Scenario, Stage } from '../../report/scenario.ts'
import { RunningDdmq } from '../../servers/running-ddmq.ts'
import { sendCaseOf } from '../send-load.ts'
import { pullFigures } from './pull-figures.ts'
import { BATCH, BareConsumer, PulledDdmq } from './pull-sides.ts'

export interface PullLoad {
  /** Where the log is. */
  readonly engine: 'embedded' | 'kafka'
  readonly isQuick: boolean
  /** Connections × bytes of a body: `64x200`. */
  readonly cases: readonly string[]
}

/** What has to be sent first takes longer than pulling it. */
const MAX_SECONDS = 2

export function pullScenario(id: string, { engine, isQuick, cases }: PullLoad): Scenario {
  const where = engine === 'kafka' ? '`up` on Kafka' : '`up` with its embedded log'
  return {
    id,
    title: `Pull of ${BATCH} and submit from a backlog, the whole of ${where}`,
    isQuick,
    cases,
    figures: cases.flatMap(pullFigures),
    missing: () => processUsageMissing() ?? (engine === 'kafka' ? kafkaMissing() : undefined),
    open: bench => openPull(bench, id, { engine, cases }),
  }
}

async function openPull(bench: Bench, id: string, load: Pick<PullLoad, 'engine' | 'cases'>): Promise<Stage> {
  await using opening = new AsyncDisposableStack()
  const ddmq = await startDdmq(bench, id, load.engine, opening)
  const sizes = new Set(load.cases.map(name => sendCaseOf(name).bodyBytes))
  const ours = new Map<number, PulledDdmq>()
  const bare = new Map<number, BareConsumer>()
  const first = firstWarmUpSeconds(bench.seconds)
  for (const bodyBytes of sizes) {
    ours.set(bodyBytes, await PulledDdmq.subscribe(ddmq, bodyBytes))
    bare.set(bodyBytes, opening.use(await BareConsumer.start(bodyBytes)))
  }
  const seconds = Math.min(bench.seconds, MAX_SECONDS)
  for (const side of [...ours.values(), ...bare.values()]) await side.warmUp(first)
  const measureOn = (sides: ReadonlyMap<number, PulledDdmq | BareConsumer>) => async (name: string) => {
    const { connections, bodyBytes } = sendCaseOf(name)
    const side = sides.get(bodyBytes)
    if (side === undefined) throw new Error(`there is no case ${name}`)
    return side.measure(connections, seconds)
  }
  const opened = opening.move()
  return {
    sides: { ours: measureOn(ours), bare: measureOn(bare) },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  }
}

/** On an engine; whatever was started belongs to the stack. */
async function startDdmq(
  bench: Bench,
  id: string,
  engine: PullLoad['engine'],
  stack: AsyncDisposableStack,
): Promise<RunningDdmq> {
  if (engine === 'embedded') return stack.use(await RunningDdmq.start(bench, id))
  const kafka = stack.use(await startKafka({ brokers: 1 }))
  const config = join(bench.dir, `${id}.yaml`)
  // JSON is YAML, too.
  const settings = {
    registry: { embedded: { dir: join(bench.dir, `${id}-registry`) } },
    brokerClusters: { R_default: { kafka: { bootstrapServers: kafka.bootstrapServers.split(',') } } },
  }
  await writeFile(config, JSON.stringify(settings))
  return stack.use(await RunningDdmq.start(bench, id, ['--config', config]))
}
