import { join } from 'node:path'
import { processUsageMissing } from '../load/process-usage.ts'
import type { Bench, Scenario, Stage } from '../report/scenario.ts'
import { RunningDdmq } from '../servers/running-ddmq.ts'
import { spawnServer } from '../servers/spawned-server.ts'
import { besideTrial, figuresOfServer } from './send-figures.ts'
import { measureSends, PARTITIONS, sendCaseOf, sendSeconds, TOPIC, warmUp } from './send-load.ts'

/** `sendSync` to the whole of `up` with its embedded log, beside a bare server that appends to RocksDB. */
export function sendEmbedded(id: string, isQuick: boolean, cases: readonly string[]): Scenario {
  return {
    id,
    title: `sendSync, embedded: all services in one process, ${PARTITIONS} partitions, without fsync`,
    isQuick,
    cases,
    figures: cases.flatMap(name => [...besideTrial(name), ...figuresOfServer(name)]),
    missing: processUsageMissing,
    open,
  }
}

async function open(bench: Bench): Promise<Stage> {
  await using servers = new AsyncDisposableStack()
  const ddmq = servers.use(await RunningDdmq.start(bench, 'send-embedded'))
  await ddmq.run('topic', 'create', TOPIC, '--partitions', `${PARTITIONS}`)
  const args = [join(bench.dir, 'trial-log'), `${PARTITIONS}`]
  const { address, pid } = servers.use(await spawnServer('peers/trial-log.ts', args))
  const trial = { producer: address, pid }
  const seconds = sendSeconds(bench.seconds)
  await warmUp(ddmq, seconds)
  await warmUp(trial, seconds)
  const running = servers.move()
  return {
    sides: {
      ours: name => measureSends(ddmq, sendCaseOf(name), seconds),
      trial: name => measureSends(trial, sendCaseOf(name), seconds),
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}
