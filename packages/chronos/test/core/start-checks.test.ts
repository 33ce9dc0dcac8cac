import type { TopicDescription } from '@ddmq/storage'
import { expect, test } from 'vitest'
import { type StartChecks, startChecks } from '../../src/core/start-checks.ts'

const TABLE: TopicDescription = {
  topic: 'chronos_inner_table',
  topicId: 'id',
  partitions: 2,
  partitionIds: ['0', '1'],
  compacted: true,
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

function check(table: Partial<TopicDescription>, require = false, transactions = true): StartChecks {
  return startChecks({
    cluster: 'c1',
    capabilities: { ...CAPABILITIES, transactions },
    table: { ...TABLE, ...table },
    demands: { replication: 3, minInsync: 2 },
    require,
  })
}

test('a table as it should be is served without a word', () => {
  expect(check({})).toEqual({ refusals: [], warnings: [] })
  const { replication: _, ...embedded } = TABLE
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

test('a table that is not compacted, or has no append time, is refused', () => {
  const { refusals } = check({ compacted: false, appendTime: false })

  expect(refusals).toEqual([
    expect.stringMatching(
      /^topic chronos_inner_table of cluster c1 is not compacted: .* cleanup\.policy=compact$/,
    ),
    expect.stringMatching(/append time.*message\.timestamp\.type=LogAppendTime$/),
  ])
})

test('weak replication is a warning, or a refusal where the operator insists', () => {
  const weak = { replication: { factor: 1, minInsync: 1, uncleanElection: true } }
  const expected = [
    expect.stringContaining('has 1 of 3 copies'),
    expect.stringContaining('min.insync.replicas=2'),
    expect.stringContaining('unclean.leader.election.enable=false'),
  ]

  expect(check(weak)).toEqual({ refusals: [], warnings: expected })
  expect(check(weak, true)).toEqual({ refusals: expected, warnings: [] })
})

test('short tombstones and missing transactions are said', () => {
  expect(check({ tombstoneRetentionMs: 60_000 }, true, false)).toEqual({
    refusals: [],
    warnings: [
      'cluster c1 has no transactions: a message may be delivered twice after a failure',
      expect.stringContaining('away for 30 s is built anew'),
    ],
  })
})
