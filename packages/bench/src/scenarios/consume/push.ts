import { setTimeout as delay } from 'node:timers/promises'
import { measureLoad, perMessage } from '../../load/load-run.ts'
import { processUsage, processUsageMissing } from '../../load/process-usage.ts'
import { firstWarmUpSeconds, warmUpSeconds } from '../../load/warm-up.ts'
import { type Bench, GENERATOR_SHARE, type Sample, type Scenario, type Stage } from '../../report/scenario.ts'
import { RunningDdmq } from '../../servers/running-ddmq.ts'
import { spawnServer } from '../../servers/spawned-server.ts'
import { BareLoop } from './bare-loop.ts'
import { PushSink } from './push-sink.ts'
import { PushingDdmq } from './pushing-ddmq.ts'

const CONCURRENCY = 64
/** What has to be sent first takes longer than pushing it. */
const MAX_SECONDS = 2

export const pushScenario: Scenario = {
  id: 'push.http',
  title: `HTTP push of 200 B from a backlog, the whole of \`up\` with its embedded log, ${CONCURRENCY} requests in flight`,
  isQuick: true,
  figures: [
    {
      key: 'perSecond',
      title: 'deliveries, beside a bare undici loop',
      unit: '/s',
      better: 'more',
      against: 'undici',
      goal: { atLeast: 0.6 },
    },
    {
      key: 'cpuMicroseconds',
      title: 'CPU of the process, beside that of the loop',
      unit: 'µs CPU/message',
      better: 'less',
      against: 'undici',
    },
    {
      key: 'eventLoopP99Ms',
      title: 'event-loop delay p99',
      unit: 'ms',
      better: 'less',
      goal: { atMost: 20 },
    },
    { key: 'rssMiB', title: 'memory', unit: 'MiB', better: 'less' },
    { key: GENERATOR_SHARE, title: 'receiver', unit: 'of a core', better: 'less' },
  ],
  missing: processUsageMissing,
  open: openPush,
}

async function openPush(bench: Bench): Promise<Stage> {
  await using opening = new AsyncDisposableStack()
  const receiver = opening.use(await spawnServer('peers/http-sink.ts'))
  const sink = new PushSink(receiver)
  const ddmq = opening.use(await RunningDdmq.start(bench, 'push-http'))
  const ours = await PushingDdmq.subscribe(ddmq, sink, CONCURRENCY)
  const loop = opening.use(await BareLoop.start(sink, CONCURRENCY))
  const seconds = Math.min(bench.seconds, MAX_SECONDS)
  const first = firstWarmUpSeconds(seconds, 'service')
  await ours.pushing(first, () => delay(first * 1000))
  await loop.posting(() => delay(first * 1000))
  const again = warmUpSeconds(seconds)
  const sides = {
    ours: () =>
      ours.pushing(again + seconds, async () => {
        await delay(again * 1000)
        await ddmq.health()
        const { repeated } = await sink.seen()
        const sample = await measure(sink, ddmq.pid, seconds)
        const repeats = (await sink.seen()).repeated - repeated
        if (repeats > 0) throw new Error(`${repeats} messages were delivered again`)
        return { ...sample, ...(await ddmq.health()) }
      }),
    undici: () =>
      loop.posting(async () => {
        await delay(again * 1000)
        return measure(sink, loop.pid, seconds)
      }),
  }
  const opened = opening.move()
  return { sides, [Symbol.asyncDispose]: () => opened.disposeAsync() }
}

async function measure(sink: PushSink, pid: number, seconds: number): Promise<Sample> {
  const before = await processUsage(sink.pid)
  const { posts } = await sink.seen()
  const usage = await measureLoad(pid, () => delay(seconds * 1000))
  const deliveries = (await sink.seen()).posts - posts
  const after = await processUsage(sink.pid)
  const { messagesPerSecond, cpuMicrosecondsPerMessage } = perMessage(usage, deliveries)
  if (deliveries === 0) throw new Error('nothing was delivered')
  if (before === undefined || after === undefined || cpuMicrosecondsPerMessage === undefined)
    throw new Error('the CPU time of a process is not known')
  return {
    perSecond: messagesPerSecond,
    cpuMicroseconds: cpuMicrosecondsPerMessage,
    // What takes the load is as much of a bottleneck as what makes it.
    [GENERATOR_SHARE]: (after.cpuMicroseconds - before.cpuMicroseconds) / 1e6 / usage.seconds,
  }
}
