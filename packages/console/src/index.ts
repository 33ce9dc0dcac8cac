export type { SchemaPlan } from './adapters/database/schema-plan.ts'
export { type ConsoleDeps, type ConsoleService, composeConsole } from './compose.ts'
export { type ConsoleConfig, consoleConfigSchema } from './config.ts'
export { type MigrateOptions, migrateConsole } from './migrate-console.ts'
