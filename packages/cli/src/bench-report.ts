import type { DelayStoreBenchResult, LoadReport, RebuildBenchResult } from '@ddmq/bench'
import type { CommandContext } from './context.ts'
import { serverHealth } from './server-health.ts'

/** Prints what one side of a load run did. */
export function printReport(context: CommandContext, verb: string, report: LoadReport): void {
  const cpu = report.cpuMicrosecondsPerMessage
  const lines = [
    `${verb} ${report.messages} messages, ${perSecond(report.messagesPerSecond)}`,
    `latency p50 ${ms(report.p50Ms)}, p99 ${ms(report.p99Ms)}, p99.9 ${ms(report.p999Ms)}, max ${ms(report.maxMs)}`,
    `failed: ${Object.keys(report.errors).length === 0 ? 'none' : JSON.stringify(report.errors)}`,
    ...(cpu === undefined ? [] : [`server CPU ${cpu.toFixed(1)} µs per message`]),
    `generator used ${(report.generatorCpuShare * 100).toFixed(0)} % of a core`,
  ]
  context.output.item({ verb, ...report }, lines.join('\n'))
}

/** Memory and event-loop delay of this user's `up`; asking also starts the next interval of the delay. */
export async function printServer(context: CommandContext, when: string): Promise<void> {
  const server = (await context.serverPid()) === undefined ? undefined : await serverHealth(context)
  if (server !== undefined) context.output.item({ when, ...server.figures }, `server ${when}: ${server.text}`)
}

export function delayStoreText(result: DelayStoreBenchResult): string {
  const { ingestPerSecond, barePerSecond, ingestCpuMicroseconds, bareCpuMicroseconds } = result
  const share = ((ingestPerSecond / barePerSecond) * 100).toFixed(0)
  return [
    `ingest ${perSecond(ingestPerSecond)}, ${share} % of the bare store's ${perSecond(barePerSecond)}`,
    `CPU ${ingestCpuMicroseconds.toFixed(1)} µs per message, ${bareCpuMicroseconds.toFixed(1)} µs of the bare store`,
    `with ${result.pending} pending: slice of 1,000 p50 ${ms(result.sliceP50Ms)}, max ${ms(result.sliceMaxMs)}`,
    `read and taken out ${perSecond(result.firedPerSecond)}`,
    `open again ${ms(result.reopenMs)}; memory ${(result.rssBytes / 1024 / 1024).toFixed(0)} MiB`,
  ].join('\n')
}

export function rebuildText(result: RebuildBenchResult): string {
  const { pending, seconds, cpuMicroseconds, eventLoopP99Ms, rssMiB } = result
  return [
    `${pending} messages in ${seconds.toFixed(1)} s from the start of the process; once the first were there ${perSecond(result.perSecond)}`,
    `CPU ${cpuMicroseconds.toFixed(1)} µs per message; event-loop delay p99 ${ms(eventLoopP99Ms)}; memory ${rssMiB.toFixed(0)} MiB`,
  ].join('\n')
}

export const perSecond = (rate: number): string => `${Math.round(rate).toLocaleString('en')} messages/s`
export const ms = (value: number): string => `${value.toFixed(2)} ms`
