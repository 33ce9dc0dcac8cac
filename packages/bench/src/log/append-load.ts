import type { AppendOutcome } from '@ddmq/storage'

interface AppendRates {
  readonly perSecond: number
  /** CPU time of all threads of this process, per append. */
  readonly cpuMicroseconds: number
}

/** Appends to the partitions in turn, this many at any time; answers how many were stored, and what they cost. */
export async function appendLoad(
  append: (partition: number) => Promise<readonly AppendOutcome[]>,
  {
    partitions,
    inFlight,
    seconds,
  }: { readonly partitions: number; readonly inFlight: number; readonly seconds: number },
): Promise<AppendRates> {
  let next = 0
  let count = 0
  const startMs = performance.now()
  const untilMs = startMs + seconds * 1000
  const cpuBefore = process.cpuUsage()
  const appendOn = async (): Promise<void> => {
    while (performance.now() < untilMs) {
      const [outcome] = await append(next++ % partitions)
      if (outcome === undefined || 'error' in outcome) throw outcome?.error ?? new Error('no outcome')
      count++
    }
  }
  await Promise.all(Array.from({ length: inFlight }, appendOn))
  const { user, system } = process.cpuUsage(cpuBefore)
  return {
    perSecond: (count / (performance.now() - startMs)) * 1000,
    cpuMicroseconds: (user + system) / count,
  }
}
