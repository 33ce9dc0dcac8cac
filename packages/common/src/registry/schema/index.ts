export { type BrokerConfig, brokerConfigSchema } from './broker.ts'
export { type CProxyConfig, cproxyConfigSchema } from './cproxy.ts'
export { type GroupConfig, groupConfigSchema } from './group.ts'
export { type PProxyConfig, pproxyConfigSchema } from './pproxy.ts'
export {
  DELAY_MISFIRES,
  type DelaySettings,
  delaySettingsSchema,
  type TopicConfig,
  type TopicUnit,
  topicConfigSchema,
} from './topic.ts'
export {
  ACTIONS,
  type ActionName,
  APPEND_CONTEXT,
  type AppendContext,
  type UpstreamTopic,
  upstreamTopicSchema,
} from './upstream-topic.ts'
