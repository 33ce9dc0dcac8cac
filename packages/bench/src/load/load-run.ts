import type { LatencySummary } from './latency.ts'
import { type ProcessUsage, processUsage } from './process-usage.ts'
import type { Address } from './session.ts'

/** Who is asked, and how many ask at once. */
export interface LoadTarget {
  readonly addresses: readonly Address[]
  /** Connections, each with one request in flight. */
  readonly connections: number
  /** Process whose CPU time is charged to the messages. */
  readonly pid?: number
}

/** What a load run of a given time is told. */
export interface LoadOptions extends LoadTarget {
  readonly seconds: number
  /** Ends the run sooner, with so many messages; one call may go over it. */
  readonly messages?: number
  /** Told of every message whose acknowledgement arrived, by the id that stands at the start of its body. */
  readonly acknowledged?: (id: string) => void
}

export interface LoadReport extends LatencySummary {
  readonly messages: number
  readonly messagesPerSecond: number
  readonly errors: Readonly<Record<string, number>>
  /** CPU time of the observed process per message. */
  readonly cpuMicrosecondsPerMessage?: number
  readonly rssBytes?: number
  /** Share of one core the generator itself used; near 1 it was the bottleneck. */
  readonly generatorCpuShare: number
}

/** One session per connection, over the addresses in turn. */
export function spread(
  { addresses, connections }: LoadTarget,
  session: (address: Address) => Promise<void>,
): Promise<unknown> {
  const sessions = Array.from({ length: connections }, (_, index) => addresses[index % addresses.length])
  return Promise.all(sessions.flatMap(address => (address === undefined ? [] : [session(address)])))
}

interface LoadUsage {
  readonly seconds: number
  readonly before: ProcessUsage | undefined
  readonly after: ProcessUsage | undefined
  readonly generatorCpuShare: number
}

/** Runs the load and takes the CPU time of both ends around it. */
export async function measureLoad(pid: number | undefined, load: () => Promise<unknown>): Promise<LoadUsage> {
  const usageOf = async (): Promise<ProcessUsage | undefined> =>
    pid === undefined ? undefined : processUsage(pid)
  const before = await usageOf()
  const cpuBefore = process.cpuUsage()
  const startMs = performance.now()
  await load()
  const elapsedMs = performance.now() - startMs
  const { user, system } = process.cpuUsage(cpuBefore)
  return {
    seconds: elapsedMs / 1000,
    before,
    after: await usageOf(),
    generatorCpuShare: (user + system) / 1000 / elapsedMs,
  }
}

export function perMessage(
  { seconds, before, after, generatorCpuShare }: LoadUsage,
  messages: number,
): Pick<LoadReport, 'messagesPerSecond' | 'cpuMicrosecondsPerMessage' | 'rssBytes' | 'generatorCpuShare'> {
  return {
    messagesPerSecond: messages / seconds,
    generatorCpuShare,
    ...(before === undefined || after === undefined
      ? {}
      : {
          cpuMicrosecondsPerMessage: (after.cpuMicroseconds - before.cpuMicroseconds) / Math.max(1, messages),
          rssBytes: after.rssBytes,
        }),
  }
}
