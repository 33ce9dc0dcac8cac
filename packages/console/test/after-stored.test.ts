import { join } from 'node:path'
import { createLogger } from '@ddmq/common/log'
import { MetricsRegistry } from '@ddmq/common/metrics'
import { EmbeddedRegistry } from '@ddmq/common/registry'
import { FakeClock, tempDir } from '@ddmq/testkit'
import { expect, test } from 'vitest'
import { HttpDelayInstances } from '../src/adapters/delay-service/http-delay-instances.ts'
import { afterStored } from '../src/app/after-stored.ts'
import { createBrokerCluster, deleteBrokerCluster, moveBrokerCluster } from '../src/app/broker-clusters.ts'
import { Changes } from '../src/app/changes.ts'
import type { AppContext } from '../src/app/context.ts'
import { FollowBrokerClusters } from '../src/app/follow-broker-clusters.ts'
import { Publisher } from '../src/app/publisher.ts'
import type { MetadataStore } from '../src/core/ports.ts'
import { DatabaseUnavailableError, NotFoundError } from '../src/errors.ts'
import { createConsoleMetrics } from '../src/metrics.ts'
import { startDatabase } from './support/database-run.ts'
import { SEED } from './support/rows.ts'

const log = createLogger({ level: 'silent', pretty: false })
const gone = () => Promise.reject(new DatabaseUnavailableError('the database cannot be used now'))
const STORED = {
  code: 'CONSOLE_DATABASE_OUTCOME_UNKNOWN',
  retryable: false,
  message: 'the change is stored; the database cannot show it now',
}

test('what is read after a change, and what else goes wrong with it, stays as it is', async () => {
  const other = new NotFoundError('topic orders does not exist')

  expect(await afterStored(() => Promise.resolve(1))).toBe(1)
  await expect(afterStored(() => Promise.reject(other))).rejects.toBe(other)
  await expect(afterStored(gone)).rejects.toMatchObject(STORED)
})

test('a broker cluster that is stored when the database is lost is not said to be unchanged', async () => {
  await using dir = await tempDir()
  await using database = await startDatabase({ sqlite: { file: join(dir.path, 'console.db') } })
  const registry = new EmbeddedRegistry({ dir: join(dir.path, 'registry'), log })
  await registry.start()
  await database.metadata.write(rows => rows.seed(SEED))
  const app = lostAfterChanges(database, registry)
  const servers = async () =>
    (await database.metadata.inventory()).mqServers.map(({ name, addr }) => `${name} ${addr}`)
  const wanted = { name: 'K', engine: 'kafka', bootstrapServers: ['kafka-1:9092'] } as const

  await expect(createBrokerCluster(app, wanted, SEED.cluster)).rejects.toMatchObject(STORED)
  expect(await servers()).toEqual(['R_default embedded', 'K kafka-1:9092'])
  await expect(moveBrokerCluster(app, 'K', ['kafka-9:9092'])).rejects.toMatchObject(STORED)
  expect(await servers()).toEqual(['R_default embedded', 'K kafka-9:9092'])
  await expect(deleteBrokerCluster(app, 'K')).rejects.toMatchObject(STORED)
  expect(await servers()).toEqual(['R_default embedded'])
  await registry.stop()
})

type Database = Awaited<ReturnType<typeof startDatabase>>

/** A console whose database takes changes and loses every other read. */
function lostAfterChanges({ metadata, accounts }: Database, registry: EmbeddedRegistry): AppContext {
  const store: MetadataStore = {
    inventory: gone,
    topicNameTaken: gone,
    write: work => metadata.write(work),
    marks: () => metadata.marks(),
    publicationState: () => metadata.publicationState(),
    removeMarks: ids => metadata.removeMarks(ids),
    exclusively: (what, work) => metadata.exclusively(what, work),
  }
  const clock = new FakeClock()
  const metrics = createConsoleMetrics(new MetricsRegistry())
  const publisher = new Publisher({ store, registry, metrics, clock, log, reconcileMs: 60_000, waitMs: 5000 })
  const clusters = {
    names: [],
    get: () => undefined,
    problemOf: () => undefined,
    check: () => undefined,
    want: () => undefined,
    tried: () => Promise.resolve(),
  }
  const brokerClusters = new FollowBrokerClusters(store, clusters, log)
  const changes = new Changes(store, publisher)
  const delayInstances = new HttpDelayInstances([])
  return { store, accounts, publisher, changes, clusters, brokerClusters, delayInstances, clock, log }
}
