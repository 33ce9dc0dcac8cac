import { loadSample, requireNoErrors } from '../load/load-sample.ts'
import { runProduce } from '../load/produce.ts'
import type { Address } from '../load/session.ts'
import { firstWarmUpSeconds, warmUpSeconds } from '../load/warm-up.ts'
import type { Sample } from '../report/scenario.ts'
import type { Health } from '../servers/scraped.ts'

/** The first time. Few connections would not get the code compiled. */
const WARM_UP = { connections: 64, bodyBytes: 200 }
/**
 * There are many cases: what a longer measurement would tell, another repetition tells better. A shorter one would tell whether RocksDB
 * happened to write its memory to the disk meanwhile.
 */
const MAX_SECONDS = 2

export const TOPIC = 'bench'
export const PARTITIONS = 8

/** How many clients send how large bodies. */
export interface SendCase {
  readonly connections: number
  readonly bodyBytes: number
}

/** The case `64x200`: 64 connections, 200 bytes. */
export function sendCaseOf(name: string): SendCase {
  const [connections = Number.NaN, bodyBytes = Number.NaN] = name.split('x').map(Number)
  return { connections, bodyBytes }
}

/** In words. */
export function wordsOf(name: string): string {
  const { connections, bodyBytes } = sendCaseOf(name)
  return `${connections} connection${connections === 1 ? '' : 's'}, ${bodyBytes} B`
}

export function sendSeconds(seconds: number): number {
  return Math.min(seconds, MAX_SECONDS)
}

/** What takes the messages. */
interface Server {
  readonly producer: Address
  readonly pid: number
  health?(): Promise<Health>
}

/** Sends to a server that was just started until it is as fast as it will be. */
export async function warmUp({ producer }: Server, seconds: number): Promise<void> {
  const load = { ...WARM_UP, seconds: firstWarmUpSeconds(seconds, 'service') }
  requireNoErrors(await runProduce({ ...load, addresses: [producer], topic: TOPIC }))
}

/** Sends to a server in one case; one that tells of itself is asked for the time of the measurement alone. */
export async function measureSends(server: Server, sendCase: SendCase, seconds: number): Promise<Sample> {
  const load = { ...sendCase, addresses: [server.producer], topic: TOPIC, pid: server.pid }
  requireNoErrors(await runProduce({ ...load, seconds: warmUpSeconds(seconds) }))
  await server.health?.()
  const sample = loadSample(await runProduce({ ...load, seconds }))
  return { ...sample, ...(await server.health?.()) }
}
