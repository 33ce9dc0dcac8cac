export { describeRegistry } from './describe-registry.ts'
export { groupDocument, topicDocument } from './documents.ts'
export type { RegistryFixture, RegistryHarness } from './harness.ts'
