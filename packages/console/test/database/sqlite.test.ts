import { join } from 'node:path'
import { tempDir } from '@ddmq/testkit'
import { startDatabase } from '../support/database-run.ts'
import { describeDatabase } from './describe-database.ts'

describeDatabase({
  name: 'SQLite',
  // One process owns a file: its consoles are one.
  async open(consoles) {
    const dir = await tempDir()
    const database = await startDatabase({ sqlite: { file: join(dir.path, 'console.db') } })
    let open = consoles
    const close = async () => {
      open -= 1
      if (open > 0) return
      await database[Symbol.asyncDispose]()
      await dir[Symbol.asyncDispose]()
    }
    return Array.from({ length: consoles }, () => ({ ...database, [Symbol.asyncDispose]: close }))
  },
})
