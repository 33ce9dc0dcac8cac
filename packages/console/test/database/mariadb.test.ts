import { mariaDbMissing } from '@ddmq/testkit'
import { afterAll, beforeAll, describe } from 'vitest'
import { startDatabase } from '../support/database-run.ts'
import { type MariaDbRun, startMariaDbRun } from '../support/mariadb-run.ts'
import { describeDatabase } from './describe-database.ts'

const missing = await mariaDbMissing()

describe.skipIf(missing !== undefined)(`MariaDB${missing === undefined ? '' : ` (${missing})`}`, () => {
  let mariadb: MariaDbRun
  beforeAll(async () => {
    mariadb = await startMariaDbRun()
  })
  afterAll(() => mariadb[Symbol.asyncDispose]())

  describeDatabase({
    name: 'MariaDB',
    async open(consoles) {
      const config = mariadb.config(await mariadb.schema())
      return Promise.all(Array.from({ length: consoles }, () => startDatabase(config)))
    },
  })
})
