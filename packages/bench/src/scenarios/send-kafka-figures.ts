import type { Figure } from '../report/scenario.ts'
import { besideTrial, figuresOfServer } from './send-figures.ts'
import { wordsOf } from './send-load.ts'

interface JavaProxy {
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly cpuMicroseconds: number
}

/** The original proxy (Java 17, Kafka 3.9) with acks=1, on two cores that it shared with Kafka and the load generator. */
const JAVA_PROXY: Readonly<Record<string, JavaProxy>> = {
  '1x200': { perSecond: 4413, p50Ms: 0.22, p99Ms: 0.41, cpuMicroseconds: 118 },
  '16x200': { perSecond: 13_717, p50Ms: 1.02, p99Ms: 3.2, cpuMicroseconds: 60 },
  '64x200': { perSecond: 23_866, p50Ms: 2.4, p99Ms: 7.9, cpuMicroseconds: 35 },
  '256x200': { perSecond: 30_329, p50Ms: 7.7, p99Ms: 25, cpuMicroseconds: 28.5 },
  '64x1024': { perSecond: 22_058, p50Ms: 2.6, p99Ms: 8.8, cpuMicroseconds: 38 },
  '256x1024': { perSecond: 25_925, p50Ms: 9, p99Ms: 26, cpuMicroseconds: 34 },
}
const SOURCE = 'measured 2026-11-23 elsewhere, not this run'

/** Where the client's own cost and Kafka's own tool are printed too: they hardly depend on the number of connections. */
const WITH_CLIENT_ALONE = new Set(['64x200', '64x1024'])

export function hasClientAlone(name: string): boolean {
  return WITH_CLIENT_ALONE.has(name)
}

export function sendKafkaFigures(name: string): readonly Figure[] {
  return [
    ...besideTrial(name, javaProxy(name)),
    ...(hasClientAlone(name) ? besideClients(name) : []),
    ...figuresOfServer(name),
  ]
}

function besideClients(name: string): readonly Figure[] {
  const of = wordsOf(name)
  const messages = { unit: '/s', better: 'more' } as const
  return [
    {
      ...messages,
      key: `${name}.perSecondBesideClient`,
      title: `${of}: messages, beside the Kafka client alone`,
      against: 'client',
    },
    {
      key: `${name}.cpuMicrosecondsBesideClient`,
      title: `${of}: CPU of the proxy, beside the Kafka client alone`,
      unit: 'µs CPU/message',
      better: 'less',
      against: 'client',
    },
    {
      ...messages,
      key: `${name}.perSecondBesidePerfTool`,
      title: `${of}: messages, beside Kafka's own Java producer with unlimited in flight`,
      against: 'perfTool',
    },
  ]
}

function javaProxy(name: string): Parameters<typeof besideTrial>[1] {
  const java = JAVA_PROXY[name]
  if (java === undefined) return {}
  return {
    perSecond: words(`${java.perSecond} /s`),
    p50Ms: words(`${java.p50Ms} ms`),
    p99Ms: words(`${java.p99Ms} ms`),
    cpuMicroseconds: words(`${java.cpuMicroseconds} µs`),
  }
}

function words(figure: string): string {
  return `the Java proxy, acks=1: ${figure} (${SOURCE})`
}
