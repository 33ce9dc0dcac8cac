import { resolve } from 'node:path'
import { loadConfig } from '@ddmq/common/config'
import { describeError } from '@ddmq/common/errors'
import { runMain } from '@ddmq/common/lifecycle'
import { createLogger } from '@ddmq/common/log'
import type { CommandContext } from '../context.ts'
import { defaultDataDir, runFilePath } from '../environment.ts'
import { createDataDir } from './create-data-dir.ts'
import { composeStandalone } from './standalone.ts'
import { type UpConfig, upConfigSchema, upDefaults } from './up-config.ts'

/** Options of `ddmq up` itself. */
export interface UpFlags {
  readonly fsync?: boolean
  readonly logLevel?: string
}

/** Runs all services until a signal ends them; when they cannot start, says why in one line and leaves nothing running. */
export async function runUp(context: CommandContext, flags: UpFlags): Promise<void> {
  const config = upConfig(context, flags)
  await createDataDir(config.dataDir)
  const log = createLogger({ level: config.logLevel, pretty: process.stdout.isTTY })
  const runFile = runFilePath(process.env, config.console.port)
  const service = composeStandalone(config, { log, runFile, write: text => process.stdout.write(text) })
  await runMain(service, {
    log,
    reportStartFailure: thrown => process.stderr.write(`ddmq: ${describeError(thrown)}\n`),
  })
}

function upConfig(context: CommandContext, flags: UpFlags): UpConfig {
  const { host, data, config: file, portOffset } = context.options
  const dataDir = resolve(data ?? defaultDataDir(process.env, portOffset))
  return loadConfig(upConfigSchema, {
    ...(file === undefined ? {} : { file }),
    env: process.env,
    envPrefix: 'DDMQ_UP',
    base: upDefaults(host, context.ports, dataDir),
    flags: { ...flags, ...(data === undefined ? {} : { dataDir }) },
  })
}
