import type { ConsoleConfig } from '../../config.ts'
import type { DatabaseEngine } from './engine.ts'
import { MySqlEngine, type MySqlEngineDeps } from './mysql/mysql-engine.ts'
import { SqliteEngine } from './sqlite/sqlite-engine.ts'

export function createEngine(config: ConsoleConfig['database'], deps: MySqlEngineDeps): DatabaseEngine {
  return 'mysql' in config ? new MySqlEngine(config.mysql, deps) : new SqliteEngine(config.sqlite.file)
}
