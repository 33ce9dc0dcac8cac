import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { createLogger } from '@ddmq/common/log'
import { MetricsRegistry } from '@ddmq/common/metrics'
import { type DocumentKind, EmbeddedRegistry, type Registry } from '@ddmq/common/registry'
import { tempDir } from '@ddmq/testkit'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { publishRound, type RoundDeps, type RoundKind } from '../src/app/publish-round.ts'
import { wantedDocument } from '../src/core/documents/compile.ts'
import { allDocuments, inOrder, type Scope, touchedBy } from '../src/core/documents/touched.ts'
import { CPROXY_TEMPLATE, PPROXY_TEMPLATE } from '../src/core/engine-templates.ts'
import type { Inventory } from '../src/core/model.ts'
import type { MetadataStore, MetadataWriter } from '../src/core/ports.ts'
import { createConsoleMetrics } from '../src/metrics.ts'
import { startDatabase } from './support/database-run.ts'
import { newConf, newGroup, newSubscription, newTopic, SEED } from './support/rows.ts'

const log = createLogger({ level: 'silent', pretty: false })
const CLUSTER = 1

/** What an operator does. `which` picks among what is there. */
type Change =
  | { readonly do: 'topic' }
  | { readonly do: 'group' }
  | { readonly do: 'toggle'; readonly which: number }
  | { readonly do: 'deleteGroup'; readonly which: number }
  | { readonly do: 'proxy'; readonly kind: 'pproxy' | 'cproxy' }
  | { readonly do: 'withdraw'; readonly which: number }

/** `atStep`: in front of that call of the round to the tree or to the database, this happens. */
type Step =
  | { readonly kind: 'change'; readonly change: Change }
  | {
      readonly kind: 'round'
      readonly round: RoundKind
      readonly atStep: number
      readonly event: 'nothing' | 'crash' | 'another console changes and publishes' | 'the tree is touched'
      readonly change: Change
    }

const which = fc.nat({ max: 5 })
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.constant({ do: 'topic' } as const),
  fc.constant({ do: 'group' } as const),
  fc.record({ do: fc.constant('toggle' as const), which }),
  fc.record({ do: fc.constant('deleteGroup' as const), which }),
  fc.record({ do: fc.constant('proxy' as const), kind: fc.constantFrom('pproxy', 'cproxy') }),
  fc.record({ do: fc.constant('withdraw' as const), which }),
)
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('change' as const), change }),
  fc.record({
    kind: fc.constant('round' as const),
    round: fc.constantFrom('marked', 'everything'),
    atStep: fc.nat({ max: 25 }),
    event: fc.constantFrom(
      'nothing',
      'crash',
      'another console changes and publishes',
      'the tree is touched',
    ),
    change,
  }),
)

class Crash extends Error {}

function crash(): Promise<never> {
  return Promise.reject(new Crash('the console is gone'))
}

/** One database, one tree, and every state of the rows that there ever was. */
class World {
  readonly store: MetadataStore
  readonly registry: Registry
  readonly states: Inventory[] = []
  readonly metrics = createConsoleMetrics(new MetricsRegistry())
  /** Number of the latest state that each node has shown. */
  readonly #shown = new Map<string, number>()
  readonly #foreign = new Set<string>()
  #names = 0

  constructor(store: MetadataStore, registry: Registry) {
    this.store = store
    this.registry = registry
  }

  get deps(): RoundDeps {
    return { registry: this.registry, metrics: this.metrics, log }
  }

  async begin(): Promise<void> {
    await this.store.write(rows =>
      rows.seed({
        ...SEED,
        pproxyTemplate: PPROXY_TEMPLATE,
        cproxyTemplate: CPROXY_TEMPLATE,
      }),
    )
    this.states.push(await this.store.inventory())
  }

  async change(wanted: Change): Promise<void> {
    const inventory = await this.store.inventory()
    this.#names += 1
    await this.store.write(rows => this.#write(rows, inventory, wanted))
    this.states.push(await this.store.inventory())
  }

  async round(kind: RoundKind): Promise<void> {
    for (let tries = 0; tries < 3; tries++) {
      const result = await publishRound(this.deps, this.store, kind)
      if (result.conflicts === 0) return
    }
  }

  /** A round in which something happens in front of its n-th call. */
  async disturbedRound(kind: RoundKind, atStep: number, event: () => Promise<void>): Promise<void> {
    let calls = 0
    const disturb = async () => {
      if (calls++ === atStep) await event()
    }
    const deps = { ...this.deps, registry: disturbed(this.registry, disturb) }
    await publishRound(deps, disturbed(this.store, disturb), kind)
  }

  /** Somebody without the console deletes a document. */
  async touchTree(): Promise<void> {
    for (const document of allDocuments(await this.store.inventory())) {
      if (document.kind === 'topic' || document.kind === 'group') {
        this.#foreign.add(`${document.kind}/${document.name}`)
        return this.registry.delete(document.kind, document.name)
      }
    }
  }

  /** P4: a node never goes back to an earlier state of the rows. */
  async checkNeverBackwards(): Promise<void> {
    for (const document of this.#everyDocument()) {
      const { kind, name } = document
      const path = `${kind}/${name}`
      const stored = (await this.registry.get(kind, name))?.value
      const state = this.states.findLastIndex(inventory =>
        isWanted(wantedDocument(inventory, document, true), stored),
      )
      if (stored === undefined && !this.#shown.has(path)) continue
      if (state === -1 || state < (this.#shown.get(path) ?? -1)) {
        if (stored === undefined && this.#foreign.has(path)) continue
        throw new Error(
          `${path} shows state ${state}, after ${this.#shown.get(path)}: ${JSON.stringify(stored)}`,
        )
      }
      this.#shown.set(path, state)
    }
  }

  /** Every node, beside what the rows want of it. */
  async differences(): Promise<readonly string[]> {
    const { inventory, withdrawn } = await this.store.publicationState()
    const differences: string[] = []
    for (const document of [...allDocuments(inventory), ...withdrawn]) {
      const stored = (await this.registry.get(document.kind, document.name))?.value
      const wanted = wantedDocument(inventory, document, true)
      if (!isWanted(wanted, stored)) differences.push(`${document.kind}/${document.name}`)
    }
    return differences
  }

  #everyDocument() {
    return inOrder(
      this.states
        .flatMap(inventory => allDocuments(inventory))
        .filter(({ kind }) => kind !== 'pproxy' && kind !== 'cproxy'),
    )
  }

  async #write(rows: MetadataWriter, inventory: Inventory, wanted: Change): Promise<void> {
    const touch = (scope: Scope) => rows.touch(touchedBy(inventory, scope))
    if (wanted.do === 'topic') {
      await rows.insertTopic(newTopic(`topic-${this.#names}`), [newConf()])
      return touch({ topics: [`topic-${this.#names}`], pproxiesOf: [CLUSTER] })
    }
    if (wanted.do === 'group') {
      // Two names only, so that deleted groups come again.
      const name = `cg_${this.#names % 2}`
      const topic = inventory.topics[0]
      if (topic === undefined || inventory.groups.some(group => group.name === name)) return
      const groupId = await rows.insertGroup(newGroup(name))
      await rows.insertSubscriptions([newSubscription({ groupId, topicId: topic.id })])
      return touch({ groups: [name] })
    }
    if (wanted.do === 'proxy') {
      await rows.insertNode({
        clusterId: CLUSTER,
        host: `10.0.0.${this.#names}`,
        kind: wanted.kind,
        seeded: true,
      })
      return rows.touch(allDocuments(await rows.inventory()))
    }
    if (wanted.do === 'withdraw') {
      const node = pick(inventory.nodes, wanted.which)
      if (node === undefined) return
      await rows.withdrawNode(node.id)
      const port = node.kind === 'pproxy' ? 9613 : 9713
      await rows.touch([{ kind: node.kind, name: `${node.host}:${port}` }])
      return rows.touch(allDocuments(await rows.inventory()))
    }
    const group = pick(inventory.groups, wanted.which)
    if (group === undefined) return
    await touch({ groups: [group.name], cproxiesOf: [CLUSTER] })
    if (wanted.do === 'deleteGroup') return rows.deleteGroup(group.id, 'ann')
    for (const subscription of inventory.subscriptions.filter(({ groupId }) => groupId === group.id)) {
      await rows.setSubscriptionEnabled(subscription.id, !subscription.enabled)
    }
  }
}

function pick<Item>(items: readonly Item[], index: number): Item | undefined {
  return items[index % Math.max(1, items.length)]
}

function isWanted(wanted: ReturnType<typeof wantedDocument>, stored: unknown): boolean {
  if (wanted === 'leave') return true
  return wanted === 'absent' ? stored === undefined : isDeepStrictEqual(wanted.document, stored)
}

/** The same object, with something in front of each of its calls. */
function disturbed<Target extends object>(target: Target, before: () => Promise<void>): Target {
  return new Proxy(target, {
    get(_, property) {
      const member: unknown = Reflect.get(target, property, target)
      if (typeof member !== 'function') return member
      return async (...args: readonly unknown[]) => {
        await before()
        const result: unknown = await Reflect.apply(member, target, args)
        return result
      }
    },
  })
}

async function run(world: World, steps: readonly Step[]): Promise<void> {
  for (const each of steps) {
    if (each.kind === 'change') await world.change(each.change)
    else {
      await world
        .disturbedRound(each.round, each.atStep, async () => {
          if (each.event === 'crash') await crash()
          if (each.event === 'the tree is touched') await world.touchTree()
          if (each.event !== 'another console changes and publishes') return
          await world.change(each.change)
          await world.round('marked')
        })
        .catch((thrown: unknown) => {
          if (!(thrown instanceof Crash)) throw thrown
        })
    }
    await world.checkNeverBackwards()
  }
}

async function withWorld(work: (world: World) => Promise<void>): Promise<void> {
  await using dir = await tempDir()
  await using database = await startDatabase({ sqlite: { file: join(dir.path, 'console.db') } })
  const registry = new EmbeddedRegistry({ dir: join(dir.path, 'registry'), log })
  await registry.start()
  const world = new World(database.metadata, registry)
  await world.begin()
  await work(world)
  await registry.stop()
}

test('CO-52 P1 P2 P4 whatever consoles do and wherever they stop, the tree never goes backwards and ends equal to the rows', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), steps =>
      withWorld(async world => {
        await run(world, steps)

        await world.round('marked')
        expect(await world.store.marks()).toEqual([])
        await world.round('everything')
        expect(await world.differences()).toEqual([])

        const written = await world.metrics.documentsPublished.get()
        await world.round('everything')
        expect(await world.metrics.documentsPublished.get()).toEqual(written)
        expect(await proxyNames(world)).toEqual(await proxyNodesInRows(world))
      }),
    ),
    { numRuns: 60 },
  )
})

test('P2 marks alone, without a comparison of the whole tree, bring every change into it, crash by crash', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 6 }), changes =>
      withWorld(async world => {
        await world.round('everything')
        for (const each of changes) await world.change(each)

        for (let atStep = 0; atStep < 500 && (await world.store.marks()).length > 0; atStep++) {
          await world.disturbedRound('marked', atStep, crash).catch(() => undefined)
          await world.checkNeverBackwards()
        }

        expect(await world.store.marks()).toEqual([])
        expect(await world.differences()).toEqual([])
      }),
    ),
    { numRuns: 25 },
  )
})

test('a proxy that is withdrawn while a round is under way, at whichever step, is gone after the next', async () => {
  await withWorld(async world => {
    for (let atStep = 0; atStep < 12; atStep++) {
      await world.change({ do: 'proxy', kind: 'cproxy' })
      await world.round('marked')

      await world.disturbedRound('everything', atStep, () => world.change({ do: 'withdraw', which: 0 }))
      await world.round('marked')

      expect(await world.store.marks()).toEqual([])
      expect(await proxyNames(world)).toEqual(await proxyNodesInRows(world))
    }
  })
})

test('P4 the nodes of a large tree are read at the same time, so many at once, and all of them before the rows', async () => {
  await withWorld(async world => {
    for (let topic = 0; topic < 70; topic++) await world.change({ do: 'topic' })
    let reading = 0
    let most = 0
    const registry = disturbedGet(world.registry, async () => {
      most = Math.max(most, ++reading)
      await new Promise(setImmediate)
      reading -= 1
    })
    const readingAtRows: number[] = []
    const store = disturbed(world.store, () => Promise.resolve(void readingAtRows.push(reading)))

    await publishRound({ ...world.deps, registry }, store, 'marked')

    expect(most).toBe(64)
    expect(new Set(readingAtRows)).toEqual(new Set([0]))
    expect(await world.registry.list('topic')).toHaveLength(70)
  })
})

function disturbedGet(registry: Registry, before: () => Promise<void>): Registry {
  const slow = disturbed(registry, before)
  return new Proxy(registry, {
    get(target, property) {
      const member: unknown = Reflect.get(property === 'get' ? slow : target, property)
      return typeof member === 'function' ? member.bind(registry) : member
    },
  })
}

async function proxyNames({ registry }: World): Promise<readonly string[]> {
  const kinds: readonly DocumentKind[] = ['pproxy', 'cproxy']
  return (await Promise.all(kinds.map(kind => registry.list(kind)))).flat().toSorted()
}

async function proxyNodesInRows({ store }: World): Promise<readonly string[]> {
  const { nodes } = await store.inventory()
  return nodes.map(node => `${node.host}:${node.kind === 'pproxy' ? 9613 : 9713}`).toSorted()
}
