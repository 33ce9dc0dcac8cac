export { Counter, Gauge, Histogram, Registry as MetricsRegistry } from 'prom-client'
