export { describeRegistry, type RegistryFixture, type RegistryHarness } from './describe-registry.ts'
