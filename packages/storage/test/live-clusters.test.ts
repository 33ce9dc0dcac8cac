import { MetricsRegistry, metricProblems } from '@ddmq/common/metrics'
import {
  type ClusterConnector,
  type ClusterEntry,
  LiveClusters,
  type LogCluster,
  StorageError,
  sharedClusters,
} from '@ddmq/storage'
import { eventually, FakeClock, testLogger } from '@ddmq/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openCluster } from './embedded/open-cluster.ts'

const EMBEDDED: ClusterEntry = { engine: 'embedded' }
const at = (...bootstrapServers: string[]): ClusterEntry => ({ engine: 'kafka', bootstrapServers })

/** Connects to one real engine under any name; each address opens, refuses, or hangs as told. */
class ScriptedConnector implements ClusterConnector {
  readonly events: string[] = []
  readonly #real: LogCluster
  readonly #behaviour = new Map<string, 'refuses' | 'hangs' | 'impossible'>()
  /** Lets those that hang go on as if they had not listened to the abort. */
  #release = Promise.withResolvers<void>()

  constructor(real: LogCluster) {
    this.#real = real
  }

  set(address: string, behaviour: 'opens' | 'refuses' | 'hangs' | 'impossible'): void {
    if (behaviour === 'opens') this.#behaviour.delete(address)
    else this.#behaviour.set(address, behaviour)
  }
  release(): void {
    this.#release.resolve()
    this.#release = Promise.withResolvers()
  }

  connect(clusterName: string, entry: ClusterEntry) {
    const address = (entry.engine === 'kafka' ? entry.bootstrapServers?.join(',') : undefined) ?? clusterName
    if (this.#behaviour.get(address) === 'impossible')
      throw new StorageError('invalid', 'no such engine here')
    // An object of its own for each connection, as a real connector makes one.
    const cluster = new Proxy(this.#real, {
      get: (target, property) => {
        const value: unknown = Reflect.get(target, property)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
    return {
      cluster,
      address,
      open: async () => {
        const behaviour = this.#behaviour.get(address)
        if (behaviour === 'hangs') await this.#release.promise
        if (behaviour === 'refuses') throw new StorageError('unavailable', 'connection refused')
        this.events.push(`open ${address}`)
      },
      close: async () => {
        this.events.push(`close ${address}`)
      },
    }
  }
}

describe('LiveClusters', () => {
  let opened: Awaited<ReturnType<typeof openCluster>>
  let real: LogCluster
  beforeAll(async () => {
    opened = await openCluster()
    real = opened.cluster
  })
  afterAll(() => opened[Symbol.asyncDispose]())

  function live(onChange: () => Promise<void> = async () => undefined) {
    const connector = new ScriptedConnector(real)
    const clock = new FakeClock()
    const metrics = new MetricsRegistry()
    const { log, lines } = testLogger()
    const clusters = new LiveClusters({ owner: 'console', connector, clock, log, metrics, onChange })
    const metric = async (name: string, cluster: string) => {
      const found = await metrics.getSingleMetric(`ddmq_console_broker_cluster_${name}`)?.get()
      return found?.values.find(({ labels }) => Reflect.get(labels, 'cluster') === cluster)?.value
    }
    return { connector, clock, clusters, lines, metrics, metric }
  }

  it('C1 C2 opens what is wanted and closes what is not any more, each once', async () => {
    const { connector, clusters } = live()
    clusters.want(new Map([['A', EMBEDDED]]))
    expect(clusters.get('A')).toBeUndefined()
    await clusters.tried(1000)
    expect(clusters.names).toEqual(['A'])
    const before = clusters.get('A')
    clusters.want(
      new Map([
        ['A', EMBEDDED],
        ['B', EMBEDDED],
      ]),
    )
    await clusters.tried(1000)
    expect(clusters.get('A')).toBe(before)
    expect(clusters.names).toEqual(['A', 'B'])
    clusters.want(new Map([['B', EMBEDDED]]))
    expect(clusters.get('A')).toBeUndefined()
    await clusters.stop(AbortSignal.timeout(5000))
    expect(connector.events).toEqual(['open A', 'open B', 'close A', 'close B'])
  })

  it('C3 tries one that refuses again with growing pauses, says so, and delays no other', async () => {
    const { connector, clock, clusters, lines, metric, metrics } = live()
    connector.set('a:1', 'refuses')
    clusters.want(
      new Map([
        ['A', at('a:1')],
        ['B', EMBEDDED],
      ]),
    )
    await clusters.tried(1000)
    expect([clusters.names, clusters.isConnecting('A')]).toEqual([['B'], true])
    const reason = 'broker cluster A at a:1 is not connected: connection refused'
    expect(clusters.health()).toEqual({ ok: true, degraded: reason })
    expect(clusters.problemOf('A')).toBe(reason)
    expect(lines.filter(({ msg }) => msg === reason)).toHaveLength(1)
    expect([await metric('connected', 'A'), await metric('connected', 'B')]).toEqual([0, 1])
    expect(metricProblems(metrics)).toEqual([])
    // 0.25 s, 0.5 s … 15 s, each at least by half: every attempt fails in the turn after its pause.
    await clock.advance(60_000)
    const failures = await metric('connect_failures_total', 'A')
    expect(failures).toBeGreaterThan(6)
    expect(failures).toBeLessThan(18)
    connector.set('a:1', 'opens')
    await clock.advance(15_000)
    await eventually(() => expect(clusters.names).toEqual(['A', 'B']))
    expect(clusters.health()).toEqual({ ok: true })
    await clusters.stop(AbortSignal.timeout(5000))
  })

  it('C3 is not ready while no wanted cluster serves', async () => {
    const { connector, clusters } = live()
    connector.set('a:1', 'refuses')
    clusters.want(new Map([['A', at('a:1')]]))
    await clusters.tried(1000)
    const reason = 'broker cluster A at a:1 is not connected: connection refused'
    expect(clusters.health()).toEqual({ ok: false, reason })
    await clusters.stop(AbortSignal.timeout(5000))
  })

  it('C4 C5 replaces a connection when the new one is open, and closes the old one when its work is done', async () => {
    const work = Promise.withResolvers<void>()
    const seen: (LogCluster | undefined)[] = []
    const { connector, clusters } = live(() => {
      seen.push(clusters.get('A'))
      return seen.length === 2 ? work.promise : Promise.resolve()
    })
    clusters.want(new Map([['A', at('old:1')]]))
    await clusters.tried(1000)
    const first = clusters.get('A')
    connector.set('new:1', 'hangs')
    clusters.want(new Map([['A', at('new:1')]]))
    expect(clusters.get('A')).toBe(first)
    connector.release()
    await clusters.tried(1000)
    const second = clusters.get('A')
    expect(second).not.toBe(first)
    expect(seen).toEqual([first, second])
    expect(connector.events).toEqual(['open old:1', 'open new:1'])
    work.resolve()
    await eventually(() => expect(connector.events).toEqual(['open old:1', 'open new:1', 'close old:1']))
    await clusters.stop(AbortSignal.timeout(5000))
  })

  it('C4 keeps the old connection while the new address refuses, and goes back without a new one', async () => {
    const { connector, clusters } = live()
    connector.set('new:1', 'refuses')
    clusters.want(new Map([['A', at('old:1')]]))
    await clusters.tried(1000)
    clusters.want(new Map([['A', at('new:1')]]))
    await clusters.tried(1000)
    expect(clusters.names).toEqual(['A'])
    expect(clusters.problemOf('A')).toBe(
      'broker cluster A at new:1 is not connected: connection refused; old:1 is used meanwhile',
    )
    await clusters.stop(AbortSignal.timeout(5000))
    expect(connector.events).toEqual(['open old:1', 'close old:1'])
  })

  it('C6 closes one that opens after it was given up, and opens nothing after the stop', async () => {
    const { connector, clusters } = live()
    connector.set('a:1', 'hangs')
    clusters.want(new Map([['A', at('a:1')]]))
    await clusters.stop(AbortSignal.timeout(5000))
    clusters.want(new Map([['B', EMBEDDED]]))
    connector.release()
    await eventually(() => expect(connector.events).toEqual(['open a:1', 'close a:1']))
    expect(clusters.names).toEqual([])
  })

  it('does not try what the connector cannot make, until the entry changes', async () => {
    const { connector, clock, clusters, metric } = live()
    connector.set('a:1', 'impossible')
    clusters.want(new Map([['A', at('a:1')]]))
    await clusters.tried(1000)
    await clock.advance(60_000)
    expect(await metric('connect_failures_total', 'A')).toBe(1)
    expect([clusters.isConnecting('A'), clusters.problemOf('A')]).toEqual([
      false,
      'broker cluster A is not connected: no such engine here',
    ])
    clusters.want(new Map([['A', at('a:2')]]))
    await clusters.tried(1000)
    expect(clusters.names).toEqual(['A'])
    await clusters.stop(AbortSignal.timeout(5000))
  })

  it('shared clusters are neither opened nor closed by their users', async () => {
    const connector = sharedClusters([real])
    const connection = connector.connect(real.clusterName, EMBEDDED)
    expect(connection.cluster).toBe(real)
    await connection.close(AbortSignal.timeout(1000))
    expect(await real.admin.listTopics()).toEqual([])
    expect(() => connector.connect(real.clusterName, at('a:1'))).toThrow(/connects to no kafka cluster/)
    expect(() => connector.connect('other', EMBEDDED)).toThrow(/other/)
  })
})
