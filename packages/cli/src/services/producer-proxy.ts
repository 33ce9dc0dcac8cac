import { composeProducerProxy, producerProxyConfigSchema } from '@ddmq/producer-proxy'
import { z } from 'zod'
import { hostPort, ownAddress } from '../address.ts'
import { portShape } from './port-config.ts'
import { processShape } from './process-config.ts'
import type { ServiceKind } from './service-kind.ts'

/** Configuration file of `ddmq producer-proxy`. */
export const producerProxyFileSchema = z.strictObject({
  ...processShape,
  ...portShape,
  producerProxy: producerProxyConfigSchema.describe('The producer proxy.'),
})

export const producerProxyService: ServiceKind<z.infer<typeof producerProxyFileSchema>> = {
  name: 'producer-proxy',
  envPrefix: 'DDMQ_PRODUCER_PROXY',
  schema: producerProxyFileSchema,
  defaults: ({ options: { host }, ports }) => ({
    admin: { host, port: ports.producerAdmin },
    producerProxy: { host, port: ports.producer, advertisedHost: ownAddress(host) },
  }),
  compose: ({ producerProxy }, deps) => ({
    components: composeProducerProxy(producerProxy, deps),
    announce: () => [`producer proxy   ${hostPort(producerProxy.host, producerProxy.port)}`],
  }),
}
