import { EmbeddedDelays } from '../delay/embedded-delays.ts'
import { type Bench, type Figure, GENERATOR_SHARE, type Sample, type Scenario } from '../report/scenario.ts'
import { GENERATOR_FIGURE, latenessFigures, latenessSample, SERVER_FIGURES } from './delay-figures.ts'
import { measureParts, perSecondOf } from './delay-parts.ts'

/** Due at once, per second of measuring, and at most. */
const BURST = 15_000
const LARGEST_BURST = 50_000
const STEADY_PER_SECOND = 1000
const PEAK = 200_000
const PEAK_PACE = 20_000
const PARTS = 'sum of its parts'

const FIRE_FIGURES: readonly Figure[] = [
  {
    key: 'perSecond',
    title:
      'fired, all due at once, nobody pulling: from the due time to the last in the log; the parts of one shard, one after another',
    unit: '/s',
    better: 'more',
    against: PARTS,
  },
  { key: 'cpuMicroseconds', title: 'CPU while firing', unit: 'µs CPU/message', better: 'less' },
  {
    key: 'sentPerSecond',
    title: 'accepted before by the producer proxy, 64 connections',
    unit: '/s',
    better: 'more',
  },
]

/** Firing in `up`: what is due at once, and 1,000 per second as they are pulled. */
export const delayEmbedded: Scenario = {
  id: 'delay.embedded',
  title: 'Delayed messages of 200 B in `up`, 4 shards',
  isQuick: true,
  figures: [...FIRE_FIGURES, ...latenessFigures('1,000/s, pulled'), ...SERVER_FIGURES, GENERATOR_FIGURE],
  async open(bench) {
    const delays = await EmbeddedDelays.start(bench, 'delay-embedded')
    return {
      sides: {
        ours: () => measureBoth(bench, delays),
        [PARTS]: async () => ({ perSecond: perSecondOf(await measureParts(bench)) }),
      },
      [Symbol.asyncDispose]: () => delays[Symbol.asyncDispose](),
    }
  },
}

/** What `up` delivers while it is pulled: how fast, how late at half of how fast it fires. */
export const delayEmbeddedHalf: Scenario = {
  id: 'delay.embedded.half',
  title: 'Delayed messages of 200 B in `up`, at half of the rate at which it fires',
  isQuick: false,
  figures: [
    { key: 'halfPerSecond', title: 'half of the rate measured at the start', unit: '/s', better: 'more' },
    ...latenessFigures('that rate, pulled'),
    {
      key: 'perSecond',
      title: 'pulled, all due at once: from the due time to the last pull',
      unit: '/s',
      better: 'more',
    },
    { key: 'cpuMicroseconds', title: 'CPU, fired and pulled', unit: 'µs CPU/message', better: 'less' },
    GENERATOR_FIGURE,
  ],
  async open(bench) {
    await using stack = new AsyncDisposableStack()
    const delays = stack.use(await EmbeddedDelays.start(bench, 'delay-embedded-half'))
    const halfPerSecond = (await delays.burst(burstOf(bench))).perSecond / 2
    const running = stack.move()
    return {
      sides: { ours: () => measureHalf(bench, delays, halfPerSecond) },
      [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
    }
  },
}

/** A second in which 200,000 messages are due. */
export const delayEmbeddedPeak: Scenario = {
  id: 'delay.embedded.peak',
  title: '200,000 delayed messages of 200 B due within one second, in `up`',
  isQuick: false,
  figures: [
    {
      key: 'seconds',
      title: 'from the first due time to the last in the log',
      unit: 's',
      better: 'less',
    },
    { key: 'cpuMicroseconds', title: 'CPU while firing', unit: 'µs CPU/message', better: 'less' },
    ...SERVER_FIGURES,
  ],
  async open(bench) {
    await using stack = new AsyncDisposableStack()
    const delays = stack.use(await EmbeddedDelays.start(bench, 'delay-embedded-peak'))
    // Tells how fast a warm server accepts: a cold one would have the peak wait too long.
    await delays.burst({ count: PEAK_PACE, spanMs: 0 })
    const running = stack.move()
    return {
      sides: {
        async ours() {
          const { seconds, cpuMicroseconds, eventLoopP99Ms, rssMiB, generatorCpuShare } = await delays.burst({
            count: PEAK,
            spanMs: 1000,
          })
          return { seconds, cpuMicroseconds, eventLoopP99Ms, rssMiB, [GENERATOR_SHARE]: generatorCpuShare }
        },
      },
      [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
    }
  },
}

async function measureBoth(bench: Bench, delays: EmbeddedDelays): Promise<Sample> {
  const { seconds } = bench
  const steady = await delays.deliver({ count: STEADY_PER_SECOND * seconds, spanMs: seconds * 1000 })
  const burst = await delays.burst(burstOf(bench))
  return {
    perSecond: burst.perSecond,
    cpuMicroseconds: burst.cpuMicroseconds,
    sentPerSecond: burst.sent.messagesPerSecond,
    ...latenessSample(steady.lateness),
    eventLoopP99Ms: burst.eventLoopP99Ms,
    rssMiB: burst.rssMiB,
    [GENERATOR_SHARE]: Math.max(
      burst.sent.generatorCpuShare,
      burst.generatorCpuShare,
      steady.generatorCpuShare,
    ),
  }
}

async function measureHalf(bench: Bench, delays: EmbeddedDelays, halfPerSecond: number): Promise<Sample> {
  const { seconds } = bench
  const steady = await delays.deliver({ count: Math.ceil(halfPerSecond * seconds), spanMs: seconds * 1000 })
  const pulled = await delays.deliver(burstOf(bench))
  const { cpuMicrosecondsPerDelivery: cpuMicroseconds = Number.NaN } = pulled
  return {
    halfPerSecond,
    ...latenessSample(steady.lateness),
    perSecond: pulled.deliveredPerSecond,
    cpuMicroseconds,
    [GENERATOR_SHARE]: Math.max(steady.generatorCpuShare, pulled.generatorCpuShare),
  }
}

function burstOf({ seconds }: Bench): { readonly count: number; readonly spanMs: number } {
  return { count: Math.min(LARGEST_BURST, Math.ceil(BURST * seconds)), spanMs: 0 }
}
