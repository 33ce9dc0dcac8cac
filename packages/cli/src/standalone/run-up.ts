import { mkdir } from 'node:fs/promises'
import { resolve } from 'node:path'
import { loadConfig } from '@ddmq/common/config'
import { runMain } from '@ddmq/common/lifecycle'
import { createLogger } from '@ddmq/common/log'
import { hostPort, localHost } from '../address.ts'
import type { CommandContext } from '../context.ts'
import { defaultDataDir, runFilePath } from '../environment.ts'
import { UsageError } from '../errors.ts'
import { removeRunFile, writeRunFile } from '../run-file.ts'
import { type UpConfig, upConfigSchema, upDefaults } from './config.ts'
import { composeStandalone, type Standalone } from './standalone.ts'

/** Options of `ddmq up` itself. */
export interface UpFlags {
  readonly fsync?: boolean
  readonly logLevel?: string
}

/** Runs all services until a signal ends them; rejects when they cannot start, with nothing left running. */
export async function runUp(context: CommandContext, flags: UpFlags): Promise<void> {
  const config = upConfig(context, flags)
  await createDataDir(config.dataDir)
  await run(context, config)
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

async function createDataDir(dataDir: string): Promise<void> {
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o700 })
  } catch (cause) {
    throw new UsageError(`cannot create the data folder ${dataDir}; name another with --data`, { cause })
  }
}

async function run(context: CommandContext, config: UpConfig): Promise<void> {
  const log = createLogger({ level: config.logLevel, pretty: process.stdout.isTTY })
  const standalone = composeStandalone(config, log)
  const runFile = runFilePath(process.env, config.console.port)
  const leave = (state: 'starting' | 'ready'): Promise<void> =>
    writeRunFile(runFile, {
      pid: process.pid,
      state,
      console: `http://${hostPort(localHost(config.console.host), config.console.port)}`,
      token: state === 'ready' ? standalone.console.operatorToken : '',
      dataDir: config.dataDir,
    })
  await leave('starting')
  try {
    await standalone.service.start()
  } catch (thrown) {
    await removeRunFile(runFile, process.pid)
    throw thrown
  }
  await leave('ready')
  process.stdout.write(banner(config, standalone))
  await runMain(standalone.service, { log })
  await removeRunFile(runFile, process.pid)
}

/** What a person wants to know first; the ready line is last, when every listener accepts. */
function banner(config: UpConfig, { console }: Standalone): string {
  const at = ({ host, port }: { host: string; port: number }): string => hostPort(host, port)
  const password = console.firstPassword
  return [
    `producer proxy   ${at(config.producerProxy)}`,
    `consumer proxy   ${at(config.consumerProxy)}`,
    `console          http://${at(config.console)}/`,
    `admin            http://${at(config.admin)}/metrics`,
    `data             ${config.dataDir}`,
    `durability       ${config.fsync ? 'survives power loss (fsync)' : 'survives a crash of the process; power loss only with --fsync'}`,
    ...(password === undefined
      ? []
      : [`sign in as       ${password.user} with password ${password.password} (shown once)`]),
    `ddmq ready in ${Math.round(performance.now())} ms`,
    '',
  ].join('\n')
}
