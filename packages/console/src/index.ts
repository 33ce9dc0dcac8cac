export { type ConsoleDeps, type ConsoleService, composeConsole } from './compose.ts'
export { type ConsoleConfig, consoleConfigSchema } from './config.ts'
