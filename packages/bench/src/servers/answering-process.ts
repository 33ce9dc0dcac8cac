import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { spawnNode } from '@ddmq/testkit'

const PATIENCE_MS = 600_000

/**
 * Runs an entry file, relative to `src` and without its extension, in a process of its own: with a wish in JSON as its argument.
 * Resolves with what it prints, in JSON too, on a line of its own.
 */
export async function answerOf<Answer>(entry: string, wish: unknown): Promise<Answer> {
  const file = fileURLToPath(new URL(`../${entry}${extname(import.meta.url)}`, import.meta.url))
  await using child = spawnNode(file, [JSON.stringify(wish)])
  return JSON.parse(await child.waitForLine(/^\{"/, PATIENCE_MS))
}
