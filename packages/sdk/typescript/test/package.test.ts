import { execFile } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { tempDir } from '@ddmq/testkit'
import { expect, test } from 'vitest'
import { startProducerProxy } from './support/fake-producer-proxy.ts'

const run = promisify(execFile)
const PACKAGE = join(import.meta.dirname, '..')
const NPM_OFFLINE = ['--offline', '--no-audit', '--no-fund', '--ignore-scripts']

const SCRIPT = `
import { createProducer } from '@ddmq/sdk'
import { createTestBroker } from '@ddmq/sdk/testing'

const producer = await createProducer({ endpoints: [process.argv[2]] })
const { code, key } = await producer.send({ topic: 't', key: 'k', body: 'packed' })
await producer.close()
const broker = createTestBroker()
await broker.createProducer().send({ topic: 't', body: 'x' })
console.log(JSON.stringify({ code, key, inMemory: broker.sent.length }))
`

const TYPES = `
import { createConsumer, createProducer, type DelayResult, type Message, type SendResult } from '@ddmq/sdk'
import { createTestBroker, type StoredMessage } from '@ddmq/sdk/testing'

const message: Message = { topic: 't', body: 'x' }
export const result: Promise<SendResult> = createProducer({ endpoints: ['a:1'] }).then(producer => producer.send(message))
export const sent: readonly StoredMessage[] = createTestBroker().sent
export const running: Promise<void> = createConsumer({ group: 'g', endpoints: ['a:1'] }).then(consumer => consumer.run(async () => 'SUCCESS'))
export const delayed: Promise<DelayResult> = createProducer({ endpoints: ['a:1'] }).then(producer => producer.sendDelay({ topic: 't', body: 'x' }, { after: 5000 }))
// @ts-expect-error what is not built does not exist.
export const fetched = createProducer({ endpoints: ['a:1'] }).then(producer => producer.fetch(message))
`

test('the packed package installs without a network, sends from plain JavaScript and brings its types', async () => {
  await using dir = await tempDir()
  await run(process.execPath, ['--conditions=@ddmq/source', 'build.ts'], { cwd: PACKAGE })
  const packed = await run('npm', ['pack', '--pack-destination', dir.path, join(PACKAGE, 'dist/npm')])
  const app = join(dir.path, 'app')
  await mkdir(app)
  await writeFile(join(app, 'package.json'), '{ "private": true, "type": "module" }')
  await run('npm', ['install', ...NPM_OFFLINE, join(dir.path, packed.stdout.trim().split('\n').at(-1)!)], {
    cwd: app,
  })
  await writeFile(join(app, 'send.js'), SCRIPT)
  const proxy = await startProducerProxy()

  const { stdout } = await run(process.execPath, ['send.js', proxy.endpoint], { cwd: app })

  expect(JSON.parse(stdout)).toEqual({ code: 0, key: 'k', inMemory: 1 })
  expect(proxy.received).toMatchObject([{ topic: 't', key: 'k' }])
  const manifest: unknown = JSON.parse(
    await readFile(join(app, 'node_modules/@ddmq/sdk/package.json'), 'utf8'),
  )
  expect(manifest).not.toHaveProperty('dependencies')
  expect(JSON.stringify(manifest)).not.toContain('source')

  await writeFile(join(app, 'types.ts'), TYPES)
  const compile = run(
    join(PACKAGE, '../../../node_modules/.bin/tsc'),
    [
      ...'--noEmit --strict --skipLibCheck false --target esnext --module nodenext types.ts'.split(' '),
      '--typeRoots',
      join(PACKAGE, '../../../node_modules/@types'),
    ],
    { cwd: app },
  )
  await expect(compile.catch((failed: { stdout: string }) => failed.stdout)).resolves.toMatchObject({
    stdout: '',
  })
}, 60_000)
