import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { AppendOutcome } from '@ddmq/storage'
import { EmbeddedCluster } from '@ddmq/storage/embedded'
import { eventually, tempDir } from '@ddmq/testkit'
import { expect, test } from 'vitest'
import { openCluster, optionsFor } from './open-cluster.ts'

const run = promisify(execFile)
const CHILD = fileURLToPath(new URL('append-until-full.ts', import.meta.url))
const CALL = { deadlineMs: 10_000 }
const APPEND = [
  {
    topic: 'full',
    partition: '0',
    records: [{ key: null, value: Buffer.from('v'), headers: [], timestampMs: 1 }],
  },
]

function answerOf(outcomes: readonly AppendOutcome[]): number | string | undefined {
  const [outcome] = outcomes
  return outcome !== undefined && 'error' in outcome ? outcome.error.kind : outcome?.baseOffset
}

test('below the free-space floor writes are unavailable and reads go on; both heal when there is space', async () => {
  const free = { bytes: 10_000 }
  const freeSpace = async (): Promise<number> => free.bytes
  await using opened = await openCluster({ freeSpaceFloorBytes: 1000, freeSpace })
  const { cluster } = opened
  await cluster.admin.createTopic({ topic: 'full', partitions: 1 })
  const answers = [answerOf(await cluster.append(APPEND, CALL))]

  free.bytes = 999
  // The file system is asked again when a quarter of the floor was written.
  for (let count = 0; count < 3; count++) answers.push(answerOf(await cluster.append(APPEND, CALL)))
  const [read] = await cluster.read(
    [{ topic: 'full', partition: '0', offset: 0 }],
    { maxBytes: 1000, maxWaitMs: 0 },
    CALL,
  )
  const whileFull = cluster.health()
  free.bytes = 10_000
  await eventually(() => expect(cluster.health()).toEqual({ ok: true }))
  const healed = answerOf(await cluster.append(APPEND, CALL))

  expect(answers).toContain('unavailable')
  const stored = answers.filter(answer => typeof answer === 'number')
  expect(stored).toEqual(stored.map((_, index) => index))
  expect(read?.records).toHaveLength(stored.length)
  expect(whileFull).toMatchObject({ ok: false, reason: expect.stringContaining('disk space') })
  expect(healed).toBe(stored.length)
})

test('a write is unavailable, as nothing is stored, when the free space cannot be learnt', async () => {
  const probe = { fails: false }
  const freeSpace = async (): Promise<number> => {
    if (probe.fails) throw new Error('the file system does not answer')
    return 10_000
  }
  await using opened = await openCluster({ freeSpaceFloorBytes: 1, freeSpace })
  const { cluster } = opened
  await cluster.admin.createTopic({ topic: 'full', partitions: 1 })

  probe.fails = true
  const refused = answerOf(await cluster.append(APPEND, CALL))
  probe.fails = false

  expect(refused).toBe('unavailable')
  expect(answerOf(await cluster.append(APPEND, CALL))).toBe(0)
})

test('E8: openings of a transactional id that fail together leave its holder what it was', async () => {
  const probe = { fails: false }
  const freeSpace = async (): Promise<number> => {
    if (probe.fails) throw new Error('the file system does not answer')
    return 10_000
  }
  await using opened = await openCluster({ freeSpaceFloorBytes: 1, freeSpace })
  const { cluster } = opened
  await cluster.admin.createTopic({ topic: 'full', partitions: 1 })
  const holder = await cluster.transactor('id')

  probe.fails = true
  const openings = await Promise.allSettled(Array.from({ length: 3 }, () => cluster.transactor('id')))
  probe.fails = false

  const kinds = openings.map(opening => opening.status === 'rejected' && opening.reason.kind)
  expect(kinds).toEqual(Array(3).fill('unavailable'))
  expect(await holder.commit(APPEND, CALL)).toEqual([0])
})

test('a write that fails inside the write-ahead log is refused, then the engine opens again and goes on, with nothing lost', async () => {
  await using dir = await tempDir()

  // 512-byte units: files of at most 4 MB.
  const script = `ulimit -f 8000; exec "${process.execPath}" --conditions=@ddmq/source "${CHILD}" "${dir.path}"`
  const { stdout } = await run('sh', ['-c', script], { timeout: 25_000 })

  const lines = stdout
    .trim()
    .split('\n')
    .map(line => line.split(' '))
  const refused = lines.filter(([, answer]) => Number.isNaN(Number(answer)))
  const stored = lines.filter(([, answer]) => !Number.isNaN(Number(answer)))
  expect(refused.length).toBeGreaterThan(0)
  expect(new Set(refused.map(([, answer]) => answer))).toEqual(new Set(['unavailable']))
  expect(stored.map(([, answer]) => Number(answer))).toEqual(stored.map((_, index) => index))
  const cluster = new EmbeddedCluster(optionsFor(dir.path))
  await cluster.start()
  expect(await readIds(cluster)).toEqual(stored.map(([id]) => id))
  await cluster.stop()
})

async function readIds(cluster: EmbeddedCluster): Promise<readonly string[]> {
  const ids: string[] = []
  const { endOffset } = await cluster.identity('full', '0')
  while (ids.length < endOffset) {
    const at = { topic: 'full', partition: '0', offset: ids.length }
    const [result] = await cluster.read([at], { maxBytes: 1_000_000, maxWaitMs: 0 }, CALL)
    if (result?.error !== undefined) throw result.error
    for (const { value } of result?.records ?? [])
      ids.push(
        Buffer.from(value ?? [])
          .toString('utf8', 0, 20)
          .split(';')[0] ?? '',
      )
  }
  return ids
}
