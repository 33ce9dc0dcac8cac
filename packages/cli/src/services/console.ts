import { composeConsole, consoleConfigSchema } from '@ddmq/console'
import { z } from 'zod'
import { hostPort } from '../address.ts'
import { runFilePath } from '../environment.ts'
import { RunFileOwner } from '../run-file-owner.ts'
import { signInLine } from '../sign-in-line.ts'
import { portShape } from './port-config.ts'
import { processShape } from './process-config.ts'
import { seededBrokers } from './seeded-brokers.ts'
import type { ServiceKind } from './service-kind.ts'

/** Configuration file of `ddmq console`. */
export const consoleFileSchema = z.strictObject({
  ...processShape,
  ...portShape,
  console: consoleConfigSchema.describe('The console.'),
})

/** Leaves the same run file as `up`, so that the other commands of its user find it. */
export const consoleService: ServiceKind<z.infer<typeof consoleFileSchema>> = {
  name: 'console',
  envPrefix: 'DDMQ_CONSOLE',
  schema: consoleFileSchema,
  defaults: ({ options: { host }, ports }) => ({
    admin: { host, port: ports.admin },
    console: { host, port: ports.console },
  }),
  compose({ console: config, brokerClusters }, deps) {
    const seed = seededBrokers(config.seed, brokerClusters)
    const console = composeConsole({ ...config, seed }, deps)
    const path = runFilePath(process.env, config.port)
    const runFile = new RunFileOwner({ path, console: config, services: 'console' })
    return {
      components: [runFile, ...console.components],
      async announce() {
        await runFile.ready(console.operatorToken)
        return [`console          http://${hostPort(config.host, config.port)}/`, ...signInLine(console)]
      },
    }
  },
}
