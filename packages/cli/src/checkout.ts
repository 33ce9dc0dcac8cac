import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))

/** The folder of the checkout that this runs from; undefined when it runs from somewhere else. */
export function checkoutRoot(): string | undefined {
  return ['docs', 'packages/bench'].every(folder => existsSync(join(ROOT, folder))) ? ROOT : undefined
}

export async function ddmqVersion(): Promise<string> {
  const text = await readFile(new URL('../package.json', import.meta.url), 'utf8')
  return z.object({ version: z.string() }).parse(JSON.parse(text)).version
}
