export { EmbeddedRegistry, type EmbeddedRegistryOptions } from './embedded-registry.ts'
