export { ConfigError, type ConfigProblem } from './errors.ts'
export { type ConfigSources, loadConfig } from './load-config.ts'
export { bytes, durationMs } from './quantities.ts'
export { redact } from './redact.ts'
