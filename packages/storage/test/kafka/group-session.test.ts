import { expect, test } from 'vitest'
import { GroupProblem } from '../../src/kafka/group-problem.ts'
import { HEARTBEAT_MS, ScriptedMember, SESSION_MS } from './scripted-member.ts'

const SILENT = 'the coordinator is silent for a session: partitions are lost'

/** A member whose SYNC is under way; the answer arrives when `answer` is called. */
async function syncing() {
  const rig = new ScriptedMember()
  const answered = Promise.withResolvers<void>()
  rig.requests.onSync = () => answered.promise
  await rig.member.start()
  await rig.pass(100)
  return { rig, answer: answered.resolve }
}

test.each([
  { next: 'is not answered', reason: 'silence', afterMs: SESSION_MS + 3_000 },
  { next: 'is answered that it is unknown', reason: 'unknownMember', afterMs: 5 },
] as const)(
  'M7 takes nothing by a SYNC whose answer it reads a session later, when its next JOIN $next',
  async ({ reason, afterMs }) => {
    const { rig, answer } = await syncing()
    rig.requests.onJoin = async () => {
      await rig.clock.sleep(afterMs)
      throw new GroupProblem(reason, 'as the test wants')
    }

    // Frozen: the answer waits in its socket meanwhile.
    await rig.clock.advance(SESSION_MS + 1_000)
    answer()
    await rig.pass(3 * SESSION_MS)

    expect(rig.requests.joins).toBeGreaterThan(2)
    expect({ started: rig.started, held: rig.held }).toEqual({ started: [], held: 0 })
    await rig.end()
  },
)

test('M7 takes what the next generation gives it, after a SYNC whose answer it read a session later', async () => {
  const { rig, answer } = await syncing()

  await rig.clock.advance(SESSION_MS + 1_000)
  answer()
  await rig.pass(1_000)

  expect({ started: rig.started, held: rig.held }).toEqual({ started: ['0', '1'], held: 2 })
  await rig.end()
})

test('M7 has no session any more when it leaves, also where its SYNC is answered meanwhile', async () => {
  const { rig, answer } = await syncing()
  rig.requests.onLeave = async () => {
    answer()
    await rig.clock.sleep(20)
  }

  const leaving = rig.member.leave(new AbortController().signal)
  await rig.pass(2 * SESSION_MS)
  await leaving

  expect(rig.logger.withMessage(SILENT)).toEqual([])
  expect(rig.started).toEqual([])
})

/** A member whose group forms a new generation; `formed` ends that. */
async function forming() {
  const rig = new ScriptedMember()
  await rig.member.start()
  await rig.pass(600)
  const formed = Promise.withResolvers<void>()
  rig.requests.onHeartbeat = async () => {
    throw new GroupProblem('rebalance', 'as the test wants')
  }
  rig.requests.onJoin = () => formed.promise
  return { rig, formed }
}

test('M8 M11 keeps everything while the coordinator waits a session for a member that died, and says so', async () => {
  const { rig, formed } = await forming()

  await rig.pass(SESSION_MS + HEARTBEAT_MS)
  rig.requests.generation = 2
  rig.requests.onHeartbeat = async () => undefined
  formed.resolve()
  await rig.pass(1_000)

  expect(rig.requests.joins).toBe(3)
  expect({ losses: rig.losses, held: rig.held }).toEqual({ losses: [], held: 2 })
  await rig.end()
})

test('M8 M11 keeps everything while the leader of the generation is waited for, and the session after it', async () => {
  const { rig, formed } = await forming()
  const decided = Promise.withResolvers<void>()
  rig.requests.onSync = () => decided.promise
  formed.resolve()

  await rig.pass(SESSION_MS + HEARTBEAT_MS)
  decided.resolve()
  await rig.pass(1_000)

  expect({ losses: rig.losses, held: rig.held }).toEqual({ losses: [], held: 2 })
  await rig.end()
})

test('M7 M11 loses everything when its JOIN may never have arrived, whatever its heartbeats are answered', async () => {
  const { rig, formed } = await forming()

  await rig.pass(2 * SESSION_MS)

  expect(rig.losses).toEqual(['0', '1'])
  formed.resolve()
  await rig.end()
})

test('M7 counts no heartbeat that finds nobody while it waits for the others', async () => {
  const { rig, formed } = await forming()
  await rig.pass(1_000)
  rig.requests.onHeartbeat = async () => {
    throw new GroupProblem('silence', 'as the test wants')
  }

  await rig.pass(SESSION_MS)

  expect(rig.losses).toEqual(['0', '1'])
  formed.resolve()
  await rig.end()
})
