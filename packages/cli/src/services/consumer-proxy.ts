import { composeConsumerProxy, consumerProxyConfigSchema } from '@ddmq/consumer-proxy'
import { z } from 'zod'
import { hostPort, ownAddress } from '../address.ts'
import { portShape } from './port-config.ts'
import { processShape } from './process-config.ts'
import type { ServiceKind } from './service-kind.ts'

/** Configuration file of `ddmq consumer-proxy`. */
export const consumerProxyFileSchema = z.strictObject({
  ...processShape,
  ...portShape,
  consumerProxy: consumerProxyConfigSchema.describe('The consumer proxy.'),
})

export const consumerProxyService: ServiceKind<z.infer<typeof consumerProxyFileSchema>> = {
  name: 'consumer-proxy',
  envPrefix: 'DDMQ_CONSUMER_PROXY',
  schema: consumerProxyFileSchema,
  defaults: ({ options: { host }, ports }) => ({
    admin: { host, port: ports.consumerAdmin },
    consumerProxy: { host, port: ports.consumer, advertisedHost: ownAddress(host) },
  }),
  compose: ({ consumerProxy }, deps) => ({
    components: composeConsumerProxy(consumerProxy, deps),
    announce: () => [`consumer proxy   ${hostPort(consumerProxy.host, consumerProxy.port)}`],
  }),
}
