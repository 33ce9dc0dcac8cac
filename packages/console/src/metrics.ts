import { Counter, Gauge, Histogram, type MetricsRegistry } from '@ddmq/common/metrics'

export type ConsoleMetrics = ReturnType<typeof createConsoleMetrics>

export function createConsoleMetrics(registry: MetricsRegistry) {
  const registers = [registry]
  return {
    requests: new Counter({
      name: 'ddmq_console_requests_total',
      help: 'Requests answered, by the class of their HTTP status.',
      labelNames: ['method', 'result'],
      registers,
    }),
    requestSeconds: new Histogram({
      name: 'ddmq_console_request_duration_seconds',
      help: 'Time from the head of a request to the end of its answer. Streams count as long as they last.',
      buckets: [0.005, 0.02, 0.1, 0.5, 2, 10, 60],
      registers,
    }),
    documentsPublished: new Counter({
      name: 'ddmq_console_documents_published_total',
      help: 'Documents of the config tree that were written or deleted because they differed.',
      labelNames: ['kind'],
      registers,
    }),
    documentsPending: new Gauge({
      name: 'ddmq_console_documents_pending',
      help: 'Documents whose publication is still to be done, as last seen by this console.',
      registers,
    }),
    publicationFailures: new Counter({
      name: 'ddmq_console_publication_failures_total',
      help: 'Tries to publish that failed: the whole tree, or one document.',
      labelNames: ['scope'],
      registers,
    }),
    databaseUp: new Gauge({
      name: 'ddmq_console_database_up',
      help: '1 while the database could be reached when it was last tried, else 0.',
      registers,
    }),
    databaseFailures: new Counter({
      name: 'ddmq_console_database_failures_total',
      help: 'Statements that failed, by what it means: lost, readOnly, conflict, lockTimeout, duplicate, unfit, refused, other.',
      labelNames: ['kind'],
      registers,
    }),
    signInsRefused: new Counter({
      name: 'ddmq_console_sign_ins_refused_total',
      help: 'Tries to sign in with a wrong name or password, or while too many had failed.',
      registers,
    }),
  }
}
