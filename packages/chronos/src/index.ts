export { type Chronos, type ChronosDeps, composeChronos } from './compose.ts'
export { type ChronosConfig, chronosConfigSchema } from './config.ts'
