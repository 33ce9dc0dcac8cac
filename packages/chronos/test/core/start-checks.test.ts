import type { TopicDescription, TransactionSupport } from '@ddmq/storage'
import { expect, test } from 'vitest'
import { type StartChecks, startChecks } from '../../src/core/start-checks.ts'

const TABLE: TopicDescription = {
  topic: 'chronos_inner_table',
  topicId: 'id',
  partitions: 2,
  partitionIds: ['0', '1'],
  compacted: true,
  deletes: false,
  compactionLagMs: 60_000,
  appendTime: true,
  tombstoneRetentionMs: 86_400_000,
  replication: { factor: 3, minInsync: 2, uncleanElection: false },
}
const CAPABILITIES = {
  transactions: true,
  compaction: true,
  commitMetadata: true,
  offsetByTime: true,
  addPartitions: true,
}

const TRANSACTIONS: TransactionSupport = {
  topic: '__transaction_state',
  replication: { factor: 3, minInsync: 2, uncleanElection: false },
}

interface Case {
  readonly table?: Partial<TopicDescription>
  readonly transactions?: Partial<TransactionSupport>
  readonly require?: boolean
  readonly demands?: { readonly replication: number; readonly minInsync: number }
}

function check({ table, transactions, require = false, demands }: Case): StartChecks {
  return startChecks({
    cluster: 'c1',
    capabilities: CAPABILITIES,
    table: { ...TABLE, ...table },
    transactions: { ...TRANSACTIONS, ...transactions },
    demands: demands ?? { replication: 3, minInsync: 2 },
    require,
  })
}

function complaintsOf(topic: string): readonly unknown[] {
  return [
    expect.stringMatching(new RegExp(`^topic ${topic} of cluster c1 has 1 replicas, 3 are asked for: `)),
    expect.stringMatching(new RegExp(`^topic ${topic} .* min\\.insync\\.replicas=1, 2 are asked for: `)),
    expect.stringMatching(
      new RegExp(`^topic ${topic} .* unclean\\.leader\\.election\\.enable=true, needs false: `),
    ),
  ]
}

test('a table as it should be is served without a word', () => {
  expect(check({})).toEqual({ refusals: [], warnings: [] })
  const { replication: _, compactionLagMs: __, ...embedded } = TABLE
  expect(
    startChecks({
      cluster: 'c1',
      capabilities: CAPABILITIES,
      table: embedded,
      demands: { replication: 3, minInsync: 2 },
      require: true,
    }),
  ).toEqual({ refusals: [], warnings: [] })
})

test('a table that is not compacted alone, or has no append time, is refused', () => {
  expect(check({ table: { compacted: false, deletes: true, appendTime: false } }).refusals).toEqual([
    expect.stringMatching(
      /^topic chronos_inner_table of cluster c1 has cleanup\.policy=delete, needs compact: /,
    ),
    expect.stringMatching(/ has message\.timestamp\.type=CreateTime, needs LogAppendTime: /),
  ])
  expect(check({ table: { deletes: true } }).refusals).toEqual([
    expect.stringMatching(/ has cleanup\.policy=compact,delete, needs compact alone: /),
  ])
})

test('weak replication, of the table or of transactions, is a warning, or a refusal where the operator insists', () => {
  const weak = { replication: { factor: 1, minInsync: 1, uncleanElection: true } }
  const [table, transactions] = [complaintsOf('chronos_inner_table'), complaintsOf('__transaction_state')]

  expect(check({ table: weak })).toEqual({ refusals: [], warnings: table })
  expect(check({ table: weak, require: true })).toEqual({ refusals: table, warnings: [] })
  expect(check({ transactions: weak })).toEqual({ refusals: [], warnings: transactions })
  expect(check({ transactions: weak, require: true })).toEqual({ refusals: transactions, warnings: [] })
})

test('transactions that are less safe than the table are said, though they are as safe as asked for', () => {
  const transactions = { replication: { factor: 1, minInsync: 1, uncleanElection: false } }

  expect(check({ transactions, demands: { replication: 1, minInsync: 1 }, require: true })).toEqual({
    refusals: [],
    warnings: [
      expect.stringMatching(
        /^topic __transaction_state of cluster c1 has 1 replicas, topic chronos_inner_table 3: how a transaction ended may be lost/,
      ),
      expect.stringMatching(/ has min\.insync\.replicas=1, topic chronos_inner_table 2: /),
    ],
  })
})

test('brokers that may never end a transaction are a warning, or a refusal where the operator insists', () => {
  const transactions = { mayHang: 'broker 1 is older than Kafka 3.6' }
  const expected = [expect.stringMatching(/^cluster c1: broker 1 is older than Kafka 3\.6: .* never end/)]

  expect(check({ transactions })).toEqual({ refusals: [], warnings: expected })
  expect(check({ transactions, require: true })).toEqual({ refusals: expected, warnings: [] })
})

test('short tombstones, early compaction and what may not be seen are said', () => {
  const table = { tombstoneRetentionMs: 60_000, compactionLagMs: 0 }
  const { replication: _, ...seen } = TRANSACTIONS
  const unseen = { ...seen, unseenWithout: 'DescribeConfigs on the cluster' }
  const checked = { cluster: 'c1', capabilities: CAPABILITIES, demands: { replication: 3, minInsync: 2 } }

  expect(check({ table, require: true })).toEqual({
    refusals: [],
    warnings: [
      expect.stringMatching(
        / has delete\.retention\.ms=60000, 3600000 or more .* away for 30 s is built anew$/,
      ),
      expect.stringMatching(/ has min\.compaction\.lag\.ms=0, 60000 or more are advised: /),
    ],
  })
  expect(startChecks({ ...checked, table: TABLE, transactions: unseen, require: true })).toEqual({
    refusals: [],
    warnings: [
      expect.stringMatching(
        /^topic __transaction_state .* may not be seen by this user \(ACL DescribeConfigs on the cluster\), so /,
      ),
    ],
  })
})

test('brokers of which it is not known whether they end transactions are a warning, also where the operator insists', () => {
  const transactions = { unchecked: ['broker 1 does not answer', 'the version of broker 2 is not known'] }

  expect(check({ transactions, require: true })).toEqual({
    refusals: [],
    warnings: [
      expect.stringMatching(/^cluster c1: broker 1 does not answer, so it is not checked whether/),
      expect.stringMatching(
        /^cluster c1: the version of broker 2 is not known, so it is not checked whether/,
      ),
    ],
  })
})

test('an engine without transactions is said', () => {
  const capabilities = { ...CAPABILITIES, transactions: false }
  const demands = { replication: 3, minInsync: 2 }

  expect(startChecks({ cluster: 'c1', capabilities, table: TABLE, demands, require: true })).toEqual({
    refusals: [],
    warnings: [
      expect.stringMatching(/^cluster c1 has no transactions: messages are delivered at least once/),
    ],
  })
})
