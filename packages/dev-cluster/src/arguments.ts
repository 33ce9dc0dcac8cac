import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { clusterPorts } from './cluster-ports.ts'
import { type DevCluster, defaultDir } from './dev-cluster.ts'

export const USAGE = `Usage: ddmq dev-cluster <up|status|down> [options]

A whole cluster on this machine: Kafka x3, ZooKeeper x3, MariaDB, two producer proxies, two consumer proxies, a console.

  up       start what of it does not run; ends with "ddmq cluster ready in N ms"
  status   show each process and whether it answers
  down     stop it; the data stays

  --port-offset <n>   added to every port, so that several run side by side (default: 0)
  --data <folder>     where data, logs and configuration are
  --purge             with down: remove the data as well
  --json              with status: one JSON document per line

Examples:
  $ ddmq dev-cluster up
  $ ddmq topic create orders
  $ ddmq dev-cluster down --purge
`

/** What was typed cannot be done as written. */
export class UsageError extends Error {}

type Verb = 'up' | 'status' | 'down'

export interface Wanted {
  readonly verb: Verb
  readonly cluster: DevCluster
  readonly purge: boolean
  readonly json: boolean
}

/** Reads the words after `dev-cluster`; undefined when only help was asked for. */
export function readArguments(
  words: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Wanted | undefined {
  const { values, positionals } = parsed(words)
  if (values.help === true) return undefined
  const [verb, ...rest] = positionals
  if (!isVerb(verb) || rest.length > 0) throw new UsageError('say up, status or down')
  const offset = Number(values['port-offset'] ?? 0)
  const dir = resolve(values.data ?? defaultDir(env, offset))
  return {
    verb,
    cluster: { dir, offset, ports: portsOf(offset) },
    purge: values.purge === true,
    json: values.json === true,
  }
}

function parsed(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      allowPositionals: true,
      options: {
        'port-offset': { type: 'string' },
        data: { type: 'string' },
        purge: { type: 'boolean' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    })
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause), { cause })
  }
}

function portsOf(offset: number) {
  try {
    return clusterPorts(offset)
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause), { cause })
  }
}

function isVerb(word: string | undefined): word is Verb {
  return word === 'up' || word === 'status' || word === 'down'
}
