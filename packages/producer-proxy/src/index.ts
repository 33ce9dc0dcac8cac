export { composeProducerProxy, type ProducerProxyDeps } from './compose.ts'
export { type ProducerProxyConfig, producerProxyConfigSchema } from './config.ts'
export { ProxyNodeMissingError } from './errors.ts'
