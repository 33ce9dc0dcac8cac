import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { ThriftConnection } from '@ddmq/common/thrift'
import { tempDir } from '@ddmq/testkit'
import { expect, test } from 'vitest'
import { allOf, bodiesOf, TestClient, TestProxy } from './proxy-fixture.ts'

test('CP-55 after kill −9 no message whose confirmation was answered comes again, and all others do', async () => {
  await using dir = await tempDir()
  const script = fileURLToPath(new URL('killed-process.ts', import.meta.url))
  const child = spawn(process.execPath, ['--conditions=@ddmq/source', script, dir.path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  const confirmed: string[] = []
  try {
    const [port] = await once(child.stdout, 'data')
    const options = { host: '127.0.0.1', port: Number(port), connectTimeoutMs: 3000 }
    const client = new TestClient(await ThriftConnection.connect(options))
    for (let batches = 0; batches < 4; batches++) {
      const response = await client.pull('g')
      expect(await client.submit(allOf(response))).toBe(true)
      confirmed.push(...bodiesOf(response))
    }
    await client.pull('g')
  } finally {
    child.kill('SIGKILL')
    await exited
  }
  await using after = await TestProxy.start(dir.path)
  await after.serve('g', { topic: 'orders' })
  const rest = await (await after.connect()).consume('g', 60)
  expect(confirmed).toHaveLength(40)
  expect([...confirmed, ...rest].toSorted()).toEqual(
    Array.from({ length: 100 }, (_, i) => `m${i}`).toSorted(),
  )
})
