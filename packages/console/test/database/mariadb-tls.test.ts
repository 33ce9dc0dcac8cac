import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { createLogger } from '@ddmq/common/log'
import { mariaDbMissing, missingPrograms, tempDir } from '@ddmq/testkit'
import { describe, expect, test } from 'vitest'
import { migrateConsole } from '../../src/migrate-console.ts'
import { startDatabase } from '../support/database-run.ts'
import { startMariaDbRun } from '../support/mariadb-run.ts'

const log = createLogger({ level: 'fatal', pretty: false })
const OPENSSL = 'openssl'
const missing = missingPrograms(OPENSSL) ?? (await mariaDbMissing())

/** A certificate that signs itself. */
function makeCertificate(dir: string, name: string) {
  const certFile = join(dir, `${name}.pem`)
  const keyFile = join(dir, `${name}.key`)
  execFileSync(
    OPENSSL,
    ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', `/CN=${name}`].concat([
      '-addext',
      `subjectAltName=DNS:${name}.example.org`,
      '-keyout',
      keyFile,
      '-out',
      certFile,
    ]),
    { stdio: 'ignore' },
  )
  return { certFile, keyFile }
}

describe.skipIf(missing !== undefined)(`MariaDB TLS${missing === undefined ? '' : ` (${missing})`}`, () => {
  test('connections are encrypted on demand, and the server is checked by authority and by name', async () => {
    await using dir = await tempDir()
    const own = makeCertificate(dir.path, 'own')
    const other = makeCertificate(dir.path, 'other')
    await using mariadb = await startMariaDbRun({ ssl_cert: own.certFile, ssl_key: own.keyFile })
    const schema = await mariadb.schema()
    await mariadb.ask(
      `CREATE USER tls IDENTIFIED BY 'x' REQUIRE SSL; GRANT ALL ON ${schema}.* TO tls; GRANT PROCESS ON *.* TO tls`,
    )
    const config = (tls: object | undefined) =>
      mariadb.config(schema, { user: 'tls', password: 'x', ...(tls === undefined ? {} : { tls }) })
    const start = (tls: object) => startDatabase(config(tls))
    // A start would wait for the server to be mended.
    const migrate = (tls: object | undefined) =>
      migrateConsole(config(tls), { log, dryRun: true, abort: AbortSignal.timeout(20_000) })
    const serverName = 'own.example.org'

    await using run = await start({ caFile: own.certFile, serverName })
    expect((await run.metadata.inventory()).topics).toEqual([])
    await using trusting = await start({ verify: false })
    expect((await trusting.metadata.inventory()).topics).toEqual([])
    await expect(migrate(undefined)).rejects.toMatchObject({ code: 'CONSOLE_DATABASE_REFUSED' })
    for (const wrong of [
      { caFile: other.certFile, serverName },
      { caFile: own.certFile, serverName: 'elsewhere.example.org' },
    ]) {
      await expect(migrate(wrong)).rejects.toMatchObject({
        code: 'CONSOLE_DATABASE_REFUSED',
        cause: { message: expect.stringContaining('certificate') },
      })
    }
  })
})
