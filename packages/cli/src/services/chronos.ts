import { chronosConfigSchema, composeChronos } from '@ddmq/chronos'
import { z } from 'zod'
import { portShape } from './port-config.ts'
import { processShape } from './process-config.ts'
import type { ServiceKind } from './service-kind.ts'

/** Configuration file of `ddmq chronos`. */
export const chronosFileSchema = z.strictObject({
  ...processShape,
  ...portShape,
  chronos: chronosConfigSchema.describe('The delay service.'),
})

export const chronosService: ServiceKind<z.infer<typeof chronosFileSchema>> = {
  name: 'chronos',
  envPrefix: 'DDMQ_CHRONOS',
  schema: chronosFileSchema,
  defaults: ({ options: { host }, ports }) => ({ admin: { host, port: ports.chronosAdmin } }),
  compose: ({ chronos }, deps) => ({
    ...composeChronos(chronos, deps),
    announce: () => ['delay service    of the broker clusters of the producer proxies'],
  }),
}
