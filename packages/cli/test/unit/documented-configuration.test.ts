import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { loadConfig } from '@ddmq/common/config'
import { tempDir } from '@ddmq/testkit'
import { expect, test } from 'vitest'
import type { z } from 'zod'
import { portsWithOffset } from '../../src/ports.ts'
import { chronosService } from '../../src/services/chronos.ts'
import { consoleService } from '../../src/services/console.ts'
import { consumerProxyService } from '../../src/services/consumer-proxy.ts'
import { producerProxyService } from '../../src/services/producer-proxy.ts'
import { upConfigSchema, upDefaults } from '../../src/standalone/up-config.ts'

const DOCS = resolve(import.meta.dirname, '../../../../docs')
const PAGES = [
  'guides/from-one-process-to-a-cluster.md',
  'reference/configuration.md',
  'reference/chronos.md',
]

const context = { options: { host: '127.0.0.1' }, ports: portsWithOffset(0) }

/** The first line of an example says whose file it is. */
const FILES: Readonly<Record<string, { readonly schema: z.ZodType; readonly base: object }>> = {
  '# ddmq.yaml': { schema: upConfigSchema, base: upDefaults('127.0.0.1', context.ports, '/data') },
  '# producer-proxy.yaml': { ...producerProxyService, base: producerProxyService.defaults(context) },
  '# consumer-proxy.yaml': { ...consumerProxyService, base: consumerProxyService.defaults(context) },
  '# chronos.yaml': { ...chronosService, base: chronosService.defaults(context) },
  '# console.yaml': { ...consoleService, base: consoleService.defaults(context) },
}

const examples = (await Promise.all(PAGES.map(examplesOf))).flat()

async function examplesOf(page: string): Promise<{ page: string; text: string; first: string }[]> {
  const content = await readFile(join(DOCS, page), 'utf8')
  return [...content.matchAll(/^```yaml\n(.*?)^```/gms)].map(([, text = '']) => ({
    page,
    text,
    first: text.split('\n', 1)[0] ?? '',
  }))
}

test('the pages show examples of every file', () => {
  expect(new Set(examples.map(({ first }) => first))).toEqual(new Set(Object.keys(FILES)))
})

test.each(examples)('the example $first of $page is accepted', async ({ text, first }) => {
  await using dir = await tempDir()
  const secrets = join(dir.path, 'secrets')
  await mkdir(secrets)
  for (const [, name = ''] of text.matchAll(/\/run\/secrets\/([a-z-]+)/g)) {
    await writeFile(join(secrets, name), 'a-secret\n')
  }
  const file = join(dir.path, 'example.yaml')
  await writeFile(file, text.replaceAll('/run/secrets/', `${secrets}/`))
  const { schema, base } = FILES[first] ?? { schema: undefined, base: {} }

  expect(schema && loadConfig(schema, { file, base, env: {}, envPrefix: 'DDMQ_X' })).toBeDefined()
})
