import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { topicDocument } from '@ddmq/common/registry/conformance'
import {
  missingPrograms,
  serverPort,
  startZooKeeper,
  tempDir,
  type ZooKeeperEnsemble,
  zookeeperMissing,
} from '@ddmq/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { certificate } from './certificate.ts'
import { openRegistry, settingsFor } from './fixture.ts'
import { needs } from './requirement.ts'

const reason = zookeeperMissing() ?? missingPrograms('openssl')

describe.skipIf(reason !== undefined)(`ZooKeeper over TLS${needs(reason)}`, () => {
  let ensemble: ZooKeeperEnsemble
  let dir: Awaited<ReturnType<typeof tempDir>>
  let address: string
  const at = (file: string): string => join(dir.path, file)
  beforeAll(async () => {
    dir = await tempDir()
    for (const name of ['server', 'client', 'stranger']) await certificate(dir.path, name)
    await writeFile(
      at('server.pem'),
      `${await readFile(at('server.key'), 'utf8')}${await readFile(at('server.crt'), 'utf8')}`,
    )
    const port = await serverPort()
    address = `localhost:${port}`
    ensemble = await startZooKeeper({
      nodes: 1,
      settings: {
        serverCnxnFactory: 'org.apache.zookeeper.server.NettyServerCnxnFactory',
        secureClientPort: port,
        'ssl.keyStore.location': at('server.pem'),
        'ssl.keyStore.type': 'PEM',
        'ssl.trustStore.location': at('client.crt'),
        'ssl.trustStore.type': 'PEM',
        'ssl.clientAuth': 'need',
      },
    })
  }, 60_000)
  afterAll(async () => {
    await ensemble[Symbol.asyncDispose]()
    await dir[Symbol.asyncDispose]()
  })

  test('documents go over a connection on which both sides showed a certificate', async () => {
    const tls = { ca: at('server.crt'), cert: at('client.crt'), key: at('client.key') }
    await using opened = await openRegistry(settingsFor(address, { tls }))
    const seen: unknown[] = []

    await opened.registry.watch('topic', 't1', current => void seen.push(current?.version))
    await opened.registry.put('topic', 't1', topicDocument('t1'))

    expect(seen).toEqual([undefined, 0])
  })

  test.each([
    ['a server that nobody vouches for', { cert: 'client.crt', key: 'client.key' }],
    [
      'a client that the server does not know',
      { ca: 'server.crt', cert: 'stranger.crt', key: 'stranger.key' },
    ],
    ['a client without a certificate', { ca: 'server.crt' }],
    ['a file that is not there', { ca: 'no-such-file' }],
  ])('%s is refused, in one line with the address', async (_case, files) => {
    const tls = Object.fromEntries(Object.entries(files).map(([key, file]) => [key, at(file)]))
    const start = openRegistry(settingsFor(address, { tls, startTimeoutMs: 500 }))

    await expect(start).rejects.toThrow(new RegExp(`^ZooKeeper ${address}/\\S+ is away: ${address} [^\\n]+$`))
  })

  test('a plain connection to the port of TLS is refused', async () => {
    await expect(openRegistry(settingsFor(address, { startTimeoutMs: 500 }))).rejects.toThrow(
      `is away: ${address} `,
    )
  })
})
