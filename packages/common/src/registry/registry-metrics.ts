import { Counter, type MetricsRegistry } from '../metrics/index.ts'

export interface RegistryMetrics {
  readonly rejectedDocuments: Counter<'kind'>
  readonly listenerFailures: Counter<'kind'>
}

export function createRegistryMetrics(registry: MetricsRegistry): RegistryMetrics {
  const registers = [registry]
  return {
    rejectedDocuments: new Counter({
      name: 'ddmq_registry_rejected_documents_total',
      help: 'Versions of watched documents that could not be used; the last good one stayed in force.',
      labelNames: ['kind'],
      registers,
    }),
    listenerFailures: new Counter({
      name: 'ddmq_registry_listener_failures_total',
      help: 'Times a part of the process failed to apply a document it watches.',
      labelNames: ['kind'],
      registers,
    }),
  }
}
