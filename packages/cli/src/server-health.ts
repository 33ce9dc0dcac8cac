import { hostPort, localHost } from './address.ts'
import type { CommandContext } from './context.ts'

/** Memory of the process behind an admin port, and its event-loop delay since it was last asked. */
export interface ServerHealth {
  readonly figures: { readonly rssBytes: number; readonly eventLoopDelayP999Seconds: number }
  readonly text: string
}

/** Reads the metrics of this user's `up`; undefined where none answers. */
export async function serverHealth(context: CommandContext): Promise<ServerHealth | undefined> {
  const { options, ports } = context
  let text: string
  try {
    const response = await fetch(`http://${hostPort(localHost(options.host), ports.admin)}/metrics`)
    text = await response.text()
  } catch {
    return undefined // a remote DDMQ, or one without an admin port: the figures are left out
  }
  const rssBytes = gauge(text, 'ddmq_process_resident_memory_bytes')
  const eventLoopDelayP999Seconds = gauge(text, 'ddmq_process_event_loop_delay_seconds{quantile="0.999"}')
  if (rssBytes === undefined || eventLoopDelayP999Seconds === undefined) return undefined
  return {
    figures: { rssBytes, eventLoopDelayP999Seconds },
    text: `RSS ${(rssBytes / 1_048_576).toFixed(0)} MiB, event-loop delay p99.9 ${(eventLoopDelayP999Seconds * 1000).toFixed(1)} ms`,
  }
}

function gauge(text: string, series: string): number | undefined {
  const line = text.split('\n').find(candidate => candidate.startsWith(`${series} `))
  return line === undefined ? undefined : Number(line.slice(series.length))
}
