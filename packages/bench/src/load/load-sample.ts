import { GENERATOR_SHARE, type Sample } from '../report/scenario.ts'
import type { LoadReport } from './load-run.ts'

/** Throws when anything failed in a load run: neither does its rate say anything, nor is a server warm that refuses. */
export function requireNoErrors({ errors }: LoadReport): void {
  const failed = Object.entries(errors).map(([code, count]) => `${code} × ${count}`)
  if (failed.length > 0) throw new Error(`of a load run failed, by code: ${failed.join(', ')}`)
}

/** What a load run measured, by the keys that all scenarios use. Throws when anything failed or nothing was done. */
export function loadSample(report: LoadReport) {
  const { messagesPerSecond, cpuMicrosecondsPerMessage, p50Ms, p99Ms, generatorCpuShare } = report
  requireNoErrors(report)
  if (report.messages === 0) throw new Error('a load run got nothing done')
  if (cpuMicrosecondsPerMessage === undefined) throw new Error('the CPU time of the server is not known')
  return {
    perSecond: messagesPerSecond,
    cpuMicroseconds: cpuMicrosecondsPerMessage,
    p50Ms,
    p99Ms,
    [GENERATOR_SHARE]: generatorCpuShare,
  } satisfies Sample
}
