export { createLogger, type LoggerOptions, type LogLevel } from './create-logger.ts'
export type { Logger } from './logger.ts'
export { type RateLimitedLog, rateLimited } from './rate-limited.ts'
