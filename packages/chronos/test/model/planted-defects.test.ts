import { DELAY_TYPES } from '@ddmq/common/delay'
import { expect, test } from 'vitest'
import type { Action } from './actions.ts'
import type { MessageSpec } from './messages.ts'
import { NaiveService } from './naive-service.ts'
import type { NaiveDefect } from './naive-shard.ts'
import { play } from './search.ts'

interface Planted {
  readonly defect: NaiveDefect
  readonly dueMs: number
  readonly actions: readonly Action[]
}

const STALE_TAKEOVER: readonly Action[] = [
  { do: 'add', message: 0 },
  { do: 'advance', ms: 1_000 },
  { do: 'copyDisk', instance: 'a' },
  { do: 'advance', ms: 6_000 },
  { do: 'stale', shard: 0, records: 6 },
  { do: 'restart', instance: 'a', disk: 'older' },
]

/** The shortest stories that show each defect; found by the search, then written down. */
const PLANTED: readonly Planted[] = [
  {
    defect: 'firesBeforeReadBack',
    dueMs: 0,
    actions: [
      { do: 'add', message: 0 },
      { do: 'add', message: 0 },
    ],
  },
  {
    defect: 'ignoresProgress',
    dueMs: 0,
    actions: [
      { do: 'add', message: 0 },
      { do: 'advance', ms: 20_000 },
      { do: 'add', message: 0 },
    ],
  },
  {
    defect: 'repeatsUnknown',
    dueMs: 0,
    actions: [
      { do: 'advance', ms: 1_000 },
      { do: 'failCommit', fault: 'storedUnknown' },
      { do: 'add', message: 0 },
    ],
  },
  {
    defect: 'trustsWallClock',
    dueMs: 5_000,
    actions: [
      { do: 'stepWall', instance: 'a', ms: 3_600_000 },
      { do: 'add', message: 0 },
    ],
  },
  { defect: 'trustsIdentity', dueMs: 5_000, actions: STALE_TAKEOVER },
  { defect: 'noBarrier', dueMs: 5_000, actions: STALE_TAKEOVER },
  {
    defect: 'horizonAtEnd',
    dueMs: 5_000,
    actions: [
      { do: 'add', message: 0 },
      { do: 'advance', ms: 1_000 },
      { do: 'slow', instance: 'a', upToMs: 1_000 },
      { do: 'advanceTo', message: 0, beforeMs: 300 },
      { do: 'add', message: 1 },
      { do: 'advance', ms: 200 },
      { do: 'cancel', message: 0, round: 0 },
    ],
  },
  {
    defect: 'ignoresEpoch',
    dueMs: 0,
    actions: [
      { do: 'add', message: 0 },
      { do: 'advance', ms: 3_000 },
      { do: 'pause', instance: 'a', suspend: false },
      { do: 'losePower', share: 1, acknowledged: 4 },
      { do: 'add', message: 1 },
      { do: 'add', message: 1 },
      { do: 'add', message: 1 },
      { do: 'add', message: 1 },
      { do: 'add', message: 1 },
      { do: 'advance', ms: 1_000 },
      { do: 'resume', instance: 'a' },
    ],
  },
  {
    defect: 'ignoresAge',
    dueMs: 620_000,
    actions: [
      { do: 'add', message: 0 },
      { do: 'advance', ms: 1_000 },
      { do: 'kill', instance: 'a' },
      { do: 'start', instance: 'b' },
      { do: 'advance', ms: 690_000 },
      { do: 'compact', shard: 0, share: 1 },
      { do: 'restart', instance: 'a', disk: 'kept' },
      { do: 'kill', instance: 'b' },
    ],
  },
]

/** Chance decides how long each message takes, so each story is told a few times. */
const SEEDS = Array.from({ length: 30 }, (_, seed) => seed)

function deckOf(dueMs: number): readonly MessageSpec[] {
  const spec = { topic: 'later-0', shard: 0, type: DELAY_TYPES.once, times: 1 } as const
  return [dueMs, 0].map(due => ({ ...spec, dueMs: due, intervalSeconds: 2, expireSeconds: 0 }))
}

async function failures(service: NaiveService, { dueMs, actions }: Planted): Promise<readonly string[]> {
  const found: string[] = []
  for (const seed of SEEDS) {
    // The end of a run heals what was broken: not before it had its effect.
    const lasting: readonly Action[] = [...actions, { do: 'advance', ms: 10_000 }]
    const problem = await play(service, { seed, deck: deckOf(dueMs), actions: lasting })
    if (problem !== undefined) found.push(problem)
  }
  return found
}

test.each(PLANTED)('tells a service that $defect from one that does not', async planted => {
  expect(await failures(new NaiveService(), planted)).toEqual([])
  expect((await failures(new NaiveService(planted.defect), planted)).length).toBeGreaterThan(0)
})
