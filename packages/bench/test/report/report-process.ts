import { runReport } from '../../src/index.ts'
import { LIST } from './fake-scenarios.ts'

// A process that measures a scenario without end.
await runReport({
  ddmq: ['ddmq'],
  env: process.env,
  kind: 'full',
  only: ['hangs.waiting'],
  repetitions: 1,
  seconds: 1,
  totalMs: 60_000,
  checkout: { version: '1.2.3' },
  list: LIST,
  during: (_text, measure) => measure(),
  signal: new AbortController().signal,
})
