import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { EmbeddedCluster } from '@ddmq/storage/embedded'
import { faultRounds, tempDir } from '@ddmq/testkit'
import { expect, test } from 'vitest'
import { optionsFor } from './open-cluster.ts'

const CHILD = fileURLToPath(new URL('append-until-killed.ts', import.meta.url))
const ROUNDS = faultRounds(4, 28)

test.each(['page-cache', 'fsync'])(
  'E2 E4 E8: kill −9 in the middle of appends loses nothing acknowledged, halves no batch, keeps the order (%s)',
  async durability => {
    await using dir = await tempDir()
    await createTopics(dir.path)
    const acknowledged: string[] = []

    for (let round = 0; round < ROUNDS; round++) {
      const killAfter = 50 + Math.floor(Math.random() * 3000)
      acknowledged.push(...(await appendUntilKilled([dir.path, String(round), durability], killAfter)))
    }

    const cluster = new EmbeddedCluster(optionsFor(dir.path))
    await cluster.start()
    try {
      const singles = await readTopic(cluster, 'singles')
      const transactions = await readTopic(cluster, 'transactions')
      expect(missing(acknowledged, singles, transactions[0] ?? [])).toEqual([])
      // Every partition has the same transactions, whole and in the same order.
      for (const log of transactions) expect(log).toEqual(transactions[0])
      expect((transactions[0] ?? []).filter((id, index, all) => all[index ^ 1] !== id)).toEqual([])
      for (const log of singles) expect(outOfOrder(log)).toEqual([])
    } finally {
      await cluster.stop()
    }
  },
  ROUNDS * 15_000,
)

async function createTopics(dir: string): Promise<void> {
  const cluster = new EmbeddedCluster(optionsFor(dir))
  await cluster.start()
  for (const topic of ['singles', 'transactions']) await cluster.admin.createTopic({ topic, partitions: 4 })
  await cluster.stop()
}

/** Runs the child until it has acknowledged that much, kills it, and answers the whole lines it wrote. */
async function appendUntilKilled(args: readonly string[], killAfter: number): Promise<readonly string[]> {
  const child = spawn(process.execPath, ['--conditions=@ddmq/source', CHILD, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const closed = once(child, 'close')
  const lines: string[] = []
  for await (const line of createInterface(child.stdout)) {
    lines.push(line)
    if (lines.length === killAfter) child.kill('SIGKILL')
  }
  const [, signal] = (await closed) as [number | null, string | null]
  expect(signal).toBe('SIGKILL')
  // The last line may be cut by the kill: it says nothing.
  return lines.slice(0, -1)
}

/** The id of every record of every partition. */
async function readTopic(cluster: EmbeddedCluster, topic: string): Promise<readonly (readonly string[])[]> {
  const logs: string[][] = []
  for (const partition of cluster.partitions(topic)) {
    const ids: string[] = []
    const { endOffset } = await cluster.identity(topic, partition)
    while (ids.length < endOffset) {
      const at = { topic, partition, offset: ids.length }
      const [result] = await cluster.read([at], { maxBytes: 1_000_000, maxWaitMs: 0 }, { deadlineMs: 10_000 })
      if (result?.error !== undefined) throw result.error
      for (const { value } of result?.records ?? []) ids.push(idOf(Buffer.from(value ?? []).toString()))
    }
    logs.push(ids)
  }
  return logs
}

function idOf(text: string): string {
  return text.replace(/:x*$/, '')
}

function missing(
  lines: readonly string[],
  singles: readonly (readonly string[])[],
  transactions: readonly string[],
): readonly string[] {
  const committed = new Set(transactions)
  return lines.filter(line => {
    const [kind, first = '', offset = '', id = ''] = line.split(' ')
    return kind === 'single' ? singles[Number(first)]?.[Number(offset)] !== id : !committed.has(first)
  })
}

/** Records that stand behind a later one of the same writer, or twice. */
function outOfOrder(ids: readonly string[]): readonly string[] {
  const last = new Map<string, number>()
  return ids.filter(id => {
    const [round = '', writer = '', count = ''] = id.split(':')
    const name = `${round}:${writer}`
    const isBehind = Number(count) <= (last.get(name) ?? -1)
    last.set(name, Number(count))
    return isBehind
  })
}

test('the checks of this file find a lost, a moved and a repeated record', () => {
  expect(missing(['single 0 1 0:1:7'], [['0:1:6']], [])).toHaveLength(1)
  expect(missing(['transaction 0:4'], [], ['0:3'])).toHaveLength(1)
  expect(outOfOrder(['0:1:2', '0:1:1'])).toEqual(['0:1:1'])
  expect(outOfOrder(['0:1:2', '0:1:2'])).toEqual(['0:1:2'])
})
