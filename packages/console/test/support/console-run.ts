import { join } from 'node:path'
import { ByteBudget } from '@ddmq/common/async'
import { type Clock, systemClock } from '@ddmq/common/clock'
import { createLogger } from '@ddmq/common/log'
import { MetricsRegistry } from '@ddmq/common/metrics'
import { EmbeddedRegistry, type Registry } from '@ddmq/common/registry'
import { type ClusterConnector, sharedClusters } from '@ddmq/storage'
import { EmbeddedCluster } from '@ddmq/storage/embedded'
import type { z } from 'zod'
import { composeConsole, consoleConfigSchema } from '../../src/index.ts'

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The parsed envelope; undefined where the text is no JSON. */
  readonly body: ReturnType<typeof tryParse>
}

type Settings = Partial<z.input<typeof consoleConfigSchema>>

/**
 * A console on a real port over a real SQLite file, config tree and log in `dir`, or over the tree and the log of another
 * console. `await using` stops it.
 */
export async function startConsole(
  dir: string,
  settings: Settings = {},
  clock: Clock = systemClock,
  beside: {
    readonly cluster?: EmbeddedCluster
    readonly registry?: Registry
    readonly connector?: ClusterConnector
  } = {},
) {
  const log = createLogger({ level: 'silent', pretty: false })
  const metrics = new MetricsRegistry()
  const cluster =
    beside.cluster ??
    new EmbeddedCluster({
      clusterName: 'R_default',
      dir: join(dir, 'log'),
      fsync: false,
      freeSpaceFloorBytes: 1,
      clock: systemClock,
      log,
    })
  const registry: Registry = beside.registry ?? new EmbeddedRegistry({ dir: join(dir, 'registry'), log })
  const config = consoleConfigSchema.parse({
    port: 0,
    database: { sqlite: { file: join(dir, 'console.db') } },
    ...settings,
  })
  const console = composeConsole(config, {
    clock,
    log,
    metrics,
    budget: new ByteBudget(1_000_000),
    registry,
    connector: beside.connector ?? sharedClusters([cluster]),
  })
  const own = [
    ...(beside.cluster === undefined ? [cluster] : []),
    ...(beside.registry === undefined ? [registry] : []),
  ]
  const components = [...own, ...console.components]
  const started: typeof components = []
  const stop = async () => {
    for (const component of started.toReversed()) await component.stop(AbortSignal.timeout(5000))
    started.length = 0
  }
  try {
    for (const component of components) {
      await component.start(new AbortController().signal)
      started.push(component)
    }
  } catch (thrown) {
    await stop()
    throw thrown
  }
  const url = `http://127.0.0.1:${console.port}`
  const call = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const response = await fetch(`${url}${path}`, {
      method,
      redirect: 'manual',
      headers: {
        authorization: `Bearer ${console.operatorToken}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    return answerOf(response)
  }
  return {
    url,
    console,
    cluster,
    registry,
    stop,
    dir,
    /** What components have to say against being ready, or about work that does not go on as it should. */
    problems: () =>
      console.components.flatMap(component => {
        const health = component.health?.() ?? { ok: true }
        if (!health.ok) return [health.reason]
        return health.degraded === undefined ? [] : [health.degraded]
      }),
    metric: async (name: string) => {
      const { values = [] } = (await metrics.getSingleMetric(name)?.get()) ?? {}
      return values.reduce((sum, { value }) => sum + value, 0)
    },
    call,
    get: (path: string) => call('GET', path),
    post: (path: string, body: unknown) => call('POST', path, body),
    /** A call without the operator's token. */
    bare: async (path: string, init: RequestInit = {}) =>
      answerOf(await fetch(`${url}${path}`, { redirect: 'manual', ...init })),
    document: async (kind: 'topic' | 'group' | 'pproxy' | 'cproxy' | 'broker', name: string) =>
      (await registry.get(kind, name))?.value,
    [Symbol.asyncDispose]: stop,
  }
}

/** Starts a console in a folder, over whichever database. */
export type StartConsole = (dir: string, settings?: Settings) => Promise<ConsoleRun>
export type ConsoleRun = Awaited<ReturnType<typeof startConsole>>

async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, body: tryParse(text) }
}

/** Tests say what they expect of the members, so their types are not said twice. */
function tryParse(text: string) {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
