export { Counter, Gauge, Histogram, Registry as MetricsRegistry } from 'prom-client'
export { eventLoopMetrics } from './event-loop-metrics.ts'
export { metricProblems } from './metric-problems.ts'
export { type HistogramTally, TallyHistogram } from './tally-histogram.ts'
