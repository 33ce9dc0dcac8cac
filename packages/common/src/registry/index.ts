export { compareGroups, type SubscriptionChange, type SubscriptionComparison } from './compare-groups.ts'
export { consumeLagLimit } from './consume-lag-limit.ts'
export { EmbeddedRegistry, type EmbeddedRegistryOptions } from './embedded/index.ts'
export {
  DocumentInvalidError,
  NodeNameInvalidError,
  ReentrantWriteError,
  RegistryClosedError,
  VersionConflictError,
} from './errors.ts'
export { checkDocument, parseDocument } from './parse-document.ts'
export {
  CONFIG_ROOT,
  CONTAINER_PATHS,
  CONTAINER_TEXT,
  configConnectString,
  DOCUMENT_KINDS,
  instanceName,
  isPlaceholder,
  nodePath,
} from './paths.ts'
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
export { serializeDocument } from './serialize-document.ts'
export { documentTree } from './transfer/document-tree.ts'
export { exportTree, type TreeExport } from './transfer/export-tree.ts'
export { type ImportOptions, type ImportReport, importTree } from './transfer/import-tree.ts'
export type { RawTree } from './transfer/raw-tree.ts'
export { validateCProxy } from './validate-cproxy.ts'
export { validateGroup } from './validate-group.ts'
export { validatePProxy } from './validate-pproxy.ts'
