import type { LoadReport } from '../load/load-run.ts'
import { loadSample, requireNoErrors } from '../load/load-sample.ts'
import { processUsageMissing } from '../load/process-usage.ts'
import { runProduce } from '../load/produce.ts'
import { firstWarmUpSeconds, warmUpSeconds } from '../load/warm-up.ts'
import type { Figure, Sample, Scenario } from '../report/scenario.ts'
import { Scraped } from '../servers/scraped.ts'
import { type SpawnedServer, spawnServer } from '../servers/spawned-server.ts'

const BODY_BYTES = 200

const FIGURES: readonly Figure[] = [
  {
    key: 'perSecond',
    title: 'messages',
    unit: '/s',
    better: 'more',
    against: 'bare',
    goal: { atLeast: 0.6 },
  },
  // What the rate is bounded by where the generator is not: the same goal, of the CPU time.
  {
    key: 'cpuMicroseconds',
    title: 'CPU of the server',
    unit: 'µs CPU/message',
    better: 'less',
    against: 'bare',
    goal: { atMost: 1 / 0.6 },
  },
  { key: 'p50Ms', title: 'p50', unit: 'ms', better: 'less', against: 'bare' },
  { key: 'p99Ms', title: 'p99', unit: 'ms', better: 'less', against: 'bare' },
  { key: 'eventLoopP99Ms', title: 'event-loop delay p99', unit: 'ms', better: 'less', goal: { atMost: 20 } },
  { key: 'rssMiB', title: 'memory', unit: 'MiB', better: 'less' },
]

export const echoScenarios: readonly Scenario[] = [echoScenario(64, true), echoScenario(1, false)]

/** Our Thrift server, its handler answering at once, against a `node:net` server that answers every frame with the same bytes. */
function echoScenario(connections: number, isQuick: boolean): Scenario {
  return {
    id: `echo.${connections}`,
    title: `Thrift server that answers at once, ${connections} ${connections === 1 ? 'connection' : 'connections'} × ${BODY_BYTES} B`,
    isQuick,
    figures: FIGURES,
    missing: processUsageMissing,
    async open({ seconds }) {
      await using servers = new AsyncDisposableStack()
      const ours = servers.use(await spawnServer('servers/echo-server.ts'))
      const bare = servers.use(await spawnServer('peers/bare-frame-server.ts'))
      const load = { connections, seconds }
      const short = { connections, seconds: warmUpSeconds(seconds) }
      for (const server of [ours, bare])
        await warmUp(server, { connections, seconds: firstWarmUpSeconds(seconds) })
      const owned = servers.move()
      return {
        sides: {
          ours: async () => {
            await warmUp(ours, short)
            // What it says of its event loop is since it was last asked.
            await Scraped.from(ours.adminPort)
            const sample = await measure(ours, load)
            return { ...sample, ...(await Scraped.from(ours.adminPort)).health() }
          },
          bare: async () => {
            await warmUp(bare, short)
            return measure(bare, load)
          },
        },
        [Symbol.asyncDispose]: () => owned.disposeAsync(),
      }
    },
  }
}

interface EchoLoad {
  readonly connections: number
  readonly seconds: number
}

function loadOn({ address, pid }: SpawnedServer, { connections, seconds }: EchoLoad): Promise<LoadReport> {
  return runProduce({ addresses: [address], pid, topic: 'echo', bodyBytes: BODY_BYTES, connections, seconds })
}

async function warmUp(server: SpawnedServer, load: EchoLoad): Promise<void> {
  requireNoErrors(await loadOn(server, load))
}

async function measure(server: SpawnedServer, load: EchoLoad): Promise<Sample> {
  return loadSample(await loadOn(server, load))
}
