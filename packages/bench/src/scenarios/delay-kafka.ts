import { kafkaMissing } from '@ddmq/testkit'
import { KafkaFiring } from '../delay/kafka-firing.ts'
import type { Delivery } from '../delay/measure-delivery.ts'
import { RawFiring } from '../delay/raw-firing.ts'
import { type Bench, type Figure, GENERATOR_SHARE, type Sample, type Scenario } from '../report/scenario.ts'
import { GENERATOR_FIGURE, latenessFigures, latenessSample, SERVER_FIGURES } from './delay-figures.ts'

/** Messages due at once, per second of measuring, and at most. */
const BURST = 30_000
const LARGEST_BURST = 60_000
const STEADY_PER_SECOND = 1000
const RAW = 'raw transactions'

const RATE: Figure = {
  key: 'perSecond',
  title: 'fired, all due at once: from the due time to the last in the log',
  unit: '/s',
  better: 'more',
}

/** Firing on one broker: what is due at once, and 1,000 per second. */
export const delayKafka: Scenario = {
  id: 'delay.kafka',
  title:
    'Delayed messages of 200 B, Kafka with one broker, the delay service as a process of its own, 4 shards',
  isQuick: true,
  figures: [
    { ...RATE, goal: { atLeast: 60_000 } },
    {
      ...RATE,
      title: 'the same, against the same transactions of the Kafka client alone, their records made before',
      against: RAW,
    },
    {
      key: 'cpuMicroseconds',
      title: 'CPU of the delay service while it fires',
      unit: 'µs CPU/message',
      better: 'less',
      against: RAW,
    },
    ...latenessFigures('1,000/s'),
    ...SERVER_FIGURES,
    GENERATOR_FIGURE,
  ],
  missing: kafkaMissing,
  async open(bench) {
    await using stack = new AsyncDisposableStack()
    const firing = stack.use(await KafkaFiring.start(bench, 'delay-kafka'))
    const raw = stack.use(await RawFiring.start(firing.kafka))
    // Both warm, with as much as is measured.
    const { count, spanMs } = burstOf(bench)
    await firing.deliver({ count, spanMs })
    await raw.deliver(count)
    const running = stack.move()
    return {
      sides: {
        ours: () => measureOurs(bench, firing),
        async [RAW]() {
          const { generatorCpuShare, ...costs } = await raw.deliver(count)
          return { ...costs, [GENERATOR_SHARE]: generatorCpuShare }
        },
      },
      [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
    }
  },
}

/** At half of how fast it fires. */
export const delayKafkaHalf: Scenario = {
  id: 'delay.kafka.half',
  title: 'Delayed messages of 200 B, Kafka with one broker, at half of the rate at which they are fired',
  isQuick: false,
  figures: [
    { key: 'halfPerSecond', title: 'half of the rate measured at the start', unit: '/s', better: 'more' },
    ...latenessFigures('that rate'),
    { key: 'cpuMicroseconds', title: 'CPU of the delay service', unit: 'µs CPU/message', better: 'less' },
    ...SERVER_FIGURES,
    GENERATOR_FIGURE,
  ],
  missing: kafkaMissing,
  async open(bench) {
    await using stack = new AsyncDisposableStack()
    const firing = stack.use(await KafkaFiring.start(bench, 'delay-kafka-half'))
    await firing.deliver(burstOf(bench))
    const halfPerSecond = (await firing.deliver(burstOf(bench))).perSecond / 2
    const { seconds } = bench
    const running = stack.move()
    return {
      sides: {
        ours: async () => ({
          halfPerSecond,
          ...(await measureAt(firing, { perSecond: halfPerSecond, seconds })),
        }),
      },
      [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
    }
  },
}

/** Three brokers share the cores of this machine, so there is nothing to reach. */
export const delayKafkaThree: Scenario = {
  id: 'delay.kafka.3brokers',
  title: 'Delayed messages of 200 B, Kafka with three brokers, three replicas',
  isQuick: false,
  figures: [
    ...latenessFigures('1,000/s', { hasGoal: false }),
    { key: 'cpuMicroseconds', title: 'CPU of the delay service', unit: 'µs CPU/message', better: 'less' },
    ...SERVER_FIGURES,
    GENERATOR_FIGURE,
  ],
  missing: kafkaMissing,
  async open(bench) {
    const firing = await KafkaFiring.start(bench, 'delay-kafka-three', 3)
    return {
      sides: { ours: () => measureSteady(bench, firing) },
      [Symbol.asyncDispose]: () => firing[Symbol.asyncDispose](),
    }
  },
}

async function measureOurs(bench: Bench, firing: KafkaFiring): Promise<Sample> {
  const steady = await measureSteady(bench, firing)
  const burst = await firing.deliver(burstOf(bench))
  return {
    ...steady,
    perSecond: burst.perSecond,
    ...costsOf(burst),
    [GENERATOR_SHARE]: Math.max(burst.generatorCpuShare, steady[GENERATOR_SHARE] ?? 0),
  }
}

function measureSteady({ seconds }: Bench, firing: KafkaFiring): Promise<Sample> {
  return measureAt(firing, { perSecond: STEADY_PER_SECOND, seconds })
}

async function measureAt(
  firing: KafkaFiring,
  { perSecond, seconds }: { readonly perSecond: number; readonly seconds: number },
): Promise<Sample> {
  const delivery = await firing.deliver({
    count: Math.ceil(perSecond * seconds),
    spanMs: seconds * 1000,
  })
  return { ...latenessSample(delivery.lateness), ...costsOf(delivery) }
}

function costsOf({ cpuMicroseconds, eventLoopP99Ms, rssMiB, generatorCpuShare }: Delivery): Sample {
  return { cpuMicroseconds, eventLoopP99Ms, rssMiB, [GENERATOR_SHARE]: generatorCpuShare }
}

function burstOf({ seconds }: Bench): { readonly count: number; readonly spanMs: number } {
  return { count: Math.min(LARGEST_BURST, Math.ceil(BURST * seconds)), spanMs: 0 }
}
