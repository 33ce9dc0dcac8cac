import type { ConsoleConfig } from '../../config.ts'
import type { DatabaseEngine } from './engine.ts'
import { MySqlEngine, type MySqlEngineDeps } from './mysql/mysql-engine.ts'
import { SqliteEngine } from './sqlite/sqlite-engine.ts'

export function createEngine(
  { mysql, sqlite }: ConsoleConfig['database'],
  deps: MySqlEngineDeps,
): DatabaseEngine {
  if (mysql !== undefined) return new MySqlEngine(mysql, deps)
  if (sqlite !== undefined) return new SqliteEngine(sqlite.file)
  throw new TypeError('the configuration names no database')
}
