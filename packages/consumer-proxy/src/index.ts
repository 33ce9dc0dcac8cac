export { type ConsumerProxyPorts, composeConsumerProxy } from './compose.ts'
export { type ConsumerProxyConfig, consumerProxyConfigSchema } from './config.ts'
