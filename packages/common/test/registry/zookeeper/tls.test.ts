import { topicDocument } from '@ddmq/common/registry/conformance'
import {
  type Certificates,
  makeCertificates,
  missingPrograms,
  serverPort,
  startZooKeeper,
  tempDir,
  type ZooKeeperEnsemble,
  zookeeperMissing,
} from '@ddmq/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openRegistry, settingsFor } from './fixture.ts'
import { needs } from './requirement.ts'

const reason = zookeeperMissing() ?? missingPrograms('openssl')

describe.skipIf(reason !== undefined)(`ZooKeeper over TLS${needs(reason)}`, () => {
  let ensemble: ZooKeeperEnsemble
  let dir: Awaited<ReturnType<typeof tempDir>>
  let made: Certificates
  let address: string
  beforeAll(async () => {
    dir = await tempDir()
    made = await makeCertificates(dir.path)
    const port = await serverPort()
    address = `localhost:${port}`
    ensemble = await startZooKeeper({
      nodes: 1,
      settings: {
        serverCnxnFactory: 'org.apache.zookeeper.server.NettyServerCnxnFactory',
        secureClientPort: port,
        'ssl.keyStore.location': made.server.bothFile,
        'ssl.keyStore.type': 'PEM',
        'ssl.trustStore.location': made.caFile,
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
    const tls = { ca: made.caFile, ...shown(made.client) }
    await using opened = await openRegistry(settingsFor(address, { tls }))
    const seen: unknown[] = []

    await opened.registry.watch('topic', 't1', current => void seen.push(current?.version))
    await opened.registry.put('topic', 't1', topicDocument('t1'))

    expect(seen).toEqual([undefined, 0])
  })

  test.each([
    ['a server that nobody vouches for', () => ({ ca: made.strangerCaFile, ...shown(made.client) })],
    ['a client that the server does not know', () => ({ ca: made.caFile, ...shown(made.stranger) })],
    ['a client without a certificate', () => ({ ca: made.caFile })],
    ['a file that is not there', () => ({ ca: `${made.caFile}.gone` })],
  ])('%s is refused, in one line with the address', async (_case, settings) => {
    const tls = settings()
    const start = openRegistry(settingsFor(address, { tls, startTimeoutMs: 500 }))

    await expect(start).rejects.toThrow(new RegExp(`^ZooKeeper ${address}/\\S+ is away: ${address} [^\\n]+$`))
  })

  test('a plain connection to the port of TLS is refused', async () => {
    await expect(openRegistry(settingsFor(address, { startTimeoutMs: 500 }))).rejects.toThrow(
      `is away: ${address} `,
    )
  })
})

function shown({ certFile, keyFile }: Certificates['client']) {
  return { cert: certFile, key: keyFile }
}
