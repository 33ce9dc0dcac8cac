import type { ConsoleService } from '@ddmq/console'
import { hostPort } from '../address.ts'
import { signInLine } from '../sign-in-line.ts'
import type { UpConfig } from './up-config.ts'

/** What a person wants to know first. The last line is printed when every listener accepts connections. */
export function banner(config: UpConfig, console: ConsoleService, elapsedMs: number): string {
  return [
    `producer proxy   ${at(config.producerProxy)}`,
    `consumer proxy   ${at(config.consumerProxy)}`,
    `console          http://${at(config.console)}/`,
    `metrics          http://${at(config.admin)}/metrics`,
    `data             ${config.dataDir}`,
    `durability       ${durability(config)}`,
    ...signInLine(console),
    `ddmq ready in ${Math.round(elapsedMs)} ms`,
    '',
  ].join('\n')
}

function durability({ registry, brokerClusters, fsync }: UpConfig): string {
  if (registry !== undefined) return `that of the broker clusters: ${Object.keys(brokerClusters).join(', ')}`
  return fsync
    ? 'an acknowledged message survives power loss (fsync)'
    : 'an acknowledged message survives a crash of the process; power loss only with --fsync'
}

function at({ host, port }: { readonly host: string; readonly port: number }): string {
  return hostPort(host, port)
}
