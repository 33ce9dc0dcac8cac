export type {
  DocumentKind,
  DocumentListener,
  Documents,
  PutOptions,
  Registry,
  RegistryProblem,
  Versioned,
  Watch,
} from './registry.ts'
export * from './schema/index.ts'
