import { createLogger } from '@ddmq/common/log'
import { makeCertificates, mariaDbMissing, missingPrograms, tempDir } from '@ddmq/testkit'
import { describe, expect, test } from 'vitest'
import { migrateConsole } from '../../src/migrate-console.ts'
import { startDatabase } from '../support/database-run.ts'
import { startMariaDbRun } from '../support/mariadb-run.ts'

const log = createLogger({ level: 'fatal', pretty: false })
const missing = missingPrograms('openssl') ?? (await mariaDbMissing())

describe.skipIf(missing !== undefined)(`MariaDB TLS${missing === undefined ? '' : ` (${missing})`}`, () => {
  test('connections are encrypted on demand, and the server is checked by authority and by name', async () => {
    await using dir = await tempDir()
    const { caFile, server, strangerCaFile } = await makeCertificates(dir.path)
    await using mariadb = await startMariaDbRun({ ssl_cert: server.certFile, ssl_key: server.keyFile })
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
    const serverName = 'localhost'

    await using run = await start({ caFile, serverName })
    expect((await run.metadata.inventory()).topics).toEqual([])
    await using trusting = await start({ verify: false })
    expect((await trusting.metadata.inventory()).topics).toEqual([])
    await expect(migrate(undefined)).rejects.toMatchObject({ code: 'CONSOLE_DATABASE_REFUSED' })
    for (const wrong of [
      { caFile: strangerCaFile, serverName },
      { caFile, serverName: 'elsewhere.example.org' },
    ]) {
      await expect(migrate(wrong)).rejects.toMatchObject({
        code: 'CONSOLE_DATABASE_REFUSED',
        cause: { message: expect.stringContaining('certificate') },
      })
    }
  })
})
