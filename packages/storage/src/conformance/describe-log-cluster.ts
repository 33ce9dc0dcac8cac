import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { LogCluster } from '../port/cluster.ts'
import { adminSuite } from './admin-suite.ts'
import { appendSuite } from './append-suite.ts'
import { batcherSuite } from './batcher-suite.ts'
import { compactionSuite } from './compaction-suite.ts'
import { groupSuite } from './group-suite.ts'
import type { LogClusterHarness, SuiteContext } from './harness.ts'
import { readSuite } from './read-suite.ts'
import { transactionSuite } from './transaction-suite.ts'

/** Every engine behind the storage port runs exactly this, against the real thing. What is not in it is not promised. */
export function describeLogCluster(harness: LogClusterHarness): void {
  describe(`LogCluster conformance: ${harness.name}`, () => {
    let current: LogCluster | undefined
    const context: SuiteContext = {
      harness,
      get cluster() {
        if (current === undefined) throw new Error('the cluster is not open')
        return current
      },
      use(cluster) {
        current = cluster
      },
    }

    beforeAll(async () => {
      current = await harness.open()
    })
    afterAll(async () => {
      if (current !== undefined) await harness.close(current)
    })

    test('claims what the harness expects', () => {
      expect(context.cluster.capabilities).toEqual(harness.capabilities)
    })

    describe('append', () => {
      appendSuite(context)
    })
    describe('read', () => {
      readSuite(context)
    })
    describe('admin', () => {
      adminSuite(context)
    })
    describe('groups', () => {
      groupSuite(context)
    })
    describe.runIf(harness.capabilities.transactions)('transactions', () => {
      transactionSuite(context)
    })
    describe.runIf(harness.capabilities.compaction)('compaction', () => {
      compactionSuite(context)
    })
    describe('append batcher', () => {
      batcherSuite(context)
    })
  })
}
