import { kafkaMissing, startKafka } from '@ddmq/testkit'
import { loadSample, requireNoErrors } from '../load/load-sample.ts'
import { processUsageMissing } from '../load/process-usage.ts'
import { firstWarmUpSeconds, warmUpSeconds } from '../load/warm-up.ts'
import { KafkaClientAlone } from '../peers/kafka-client-alone.ts'
import { runKafkaPerfTool } from '../peers/kafka-perf-tool.ts'
import type { Bench, Sample, Scenario, Stage } from '../report/scenario.ts'
import { KafkaProxy } from '../servers/kafka-proxy.ts'
import type { KafkaTopic } from '../servers/kafka-topic.ts'
import { spawnServer } from '../servers/spawned-server.ts'
import { hasClientAlone, sendKafkaFigures } from './send-kafka-figures.ts'
import { measureSends, PARTITIONS, sendCaseOf, sendSeconds, TOPIC, warmUp } from './send-load.ts'

/** About as many as it sends in a second here. */
const PERF_TOOL_MESSAGES_PER_SECOND = 100_000
const PERF_TOOL_BYTES_PER_SECOND = 40_000_000

/** `sendSync` to the producer proxy as a process of its own, on one Kafka broker. */
export function sendKafka(id: string, isQuick: boolean, cases: readonly string[]): Scenario {
  return {
    id,
    title: 'sendSync, Kafka: the producer proxy as a process of its own, 1 broker, 8 partitions, acks=all',
    isQuick,
    cases,
    figures: cases.flatMap(sendKafkaFigures),
    missing: () => processUsageMissing() ?? kafkaMissing(),
    open: bench => open(bench, id, cases.some(hasClientAlone)),
  }
}

async function open(bench: Bench, id: string, isClientMeasured: boolean): Promise<Stage> {
  await using servers = new AsyncDisposableStack()
  const kafka = servers.use(await startKafka({ brokers: 1 }))
  const topic = { bootstrapServers: kafka.bootstrapServers, topic: TOPIC, partitions: PARTITIONS }
  const proxy = servers.use(await KafkaProxy.start(bench, id, topic))
  const args = [topic.bootstrapServers, TOPIC, `${PARTITIONS}`]
  const { address, pid } = servers.use(await spawnServer('peers/trial-proxy.ts', args))
  const trial = { producer: address, pid }
  const client = servers.use(new KafkaClientAlone(topic))
  const seconds = sendSeconds(bench.seconds)
  await warmUp(proxy, seconds)
  await warmUp(trial, seconds)
  if (isClientMeasured) {
    requireNoErrors(await client.run({ inFlight: 64, bodyBytes: 200, seconds: firstWarmUpSeconds(seconds) }))
  }
  const sides = {
    ours: async (name: string) => asSides(name, await measureSends(proxy, sendCaseOf(name), seconds)),
    trial: (name: string) => measureSends(trial, sendCaseOf(name), seconds),
    client: async (name: string): Promise<Sample> =>
      hasClientAlone(name) ? clientAlone(client, name, seconds) : {},
    perfTool: async (name: string): Promise<Sample> =>
      hasClientAlone(name) ? perfTool(topic, name, seconds) : {},
  }
  const running = servers.move()
  return { sides, [Symbol.asyncDispose]: () => running.disposeAsync() }
}

/** Ours is compared with each peer under a key of that peer. */
function asSides(name: string, sample: Sample): Sample {
  if (!hasClientAlone(name)) return sample
  const { perSecond = Number.NaN, cpuMicroseconds = Number.NaN } = sample
  return {
    ...sample,
    perSecondBesideClient: perSecond,
    cpuMicrosecondsBesideClient: cpuMicroseconds,
    perSecondBesidePerfTool: perSecond,
  }
}

async function clientAlone(client: KafkaClientAlone, name: string, seconds: number): Promise<Sample> {
  const { connections, bodyBytes } = sendCaseOf(name)
  const load = { inFlight: connections, bodyBytes }
  requireNoErrors(await client.run({ ...load, seconds: warmUpSeconds(seconds) }))
  const { perSecond, cpuMicroseconds } = loadSample(await client.run({ ...load, seconds }))
  return { perSecondBesideClient: perSecond, cpuMicrosecondsBesideClient: cpuMicroseconds }
}

async function perfTool(topic: KafkaTopic, name: string, seconds: number): Promise<Sample> {
  const { bodyBytes } = sendCaseOf(name)
  const perSecond = Math.min(PERF_TOOL_MESSAGES_PER_SECOND, PERF_TOOL_BYTES_PER_SECOND / bodyBytes)
  const load = {
    bodyBytes,
    messages: Math.ceil(perSecond * seconds),
    warmUpMessages: Math.ceil(perSecond * firstWarmUpSeconds(seconds)),
  }
  return { perSecondBesidePerfTool: await runKafkaPerfTool(topic, load) }
}
