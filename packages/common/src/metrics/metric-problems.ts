import { Histogram, type Registry } from 'prom-client'

const NAME = /^ddmq_[a-z0-9]+(?:_[a-z0-9]+)*$/
/** Words that say a unit which is not the base unit, or none at all. */
const WRONG_UNIT =
  /_(?:ms|millis|milliseconds|us|micros|microseconds|ns|minutes|hours|kb|mb|kilobytes|megabytes|percent|pct)(?:_total)?$/
const HISTOGRAM_UNIT = /_(?:seconds|bytes|ratio|messages|records|requests|keys|size)$/
/** Labels without a bound on their values would grow the registry for ever. */
const UNBOUNDED_LABELS: ReadonlySet<string> = new Set([
  'key',
  'offset',
  'message_id',
  'client_address',
  'client_addr',
  'url',
  'path',
  'uuid',
])

/** What is wrong with the names, units, help texts and labels of the metrics of a registry (house-style §16). */
export function metricProblems(registry: Registry): readonly string[] {
  return registry.getMetricsAsArray().flatMap(metric => {
    const labels: unknown = Reflect.get(metric, 'labelNames')
    const type = metric instanceof Histogram ? 'Histogram' : metric.constructor.name
    return [
      ...nameProblems(metric.name, type),
      ...helpProblems(metric.help),
      ...labelProblems(Array.isArray(labels) ? labels.map(String) : []),
    ].map(problem => `${metric.name}: ${problem}`)
  })
}

function nameProblems(name: string, type: string): string[] {
  const problems: string[] = []
  if (!NAME.test(name)) problems.push('the name must be ddmq_<service>_<noun>_<unit> in lower case')
  if (WRONG_UNIT.test(name)) problems.push('units are seconds, bytes and ratio')
  if (type === 'Counter' && !name.endsWith('_total')) problems.push('a counter ends in _total')
  if (type !== 'Counter' && name.endsWith('_total')) problems.push('only a counter ends in _total')
  if (type === 'Histogram' && !HISTOGRAM_UNIT.test(name)) problems.push('a histogram ends in its unit')
  return problems
}

function helpProblems(help: string): string[] {
  return /^[A-Z].{8,}\.$/s.test(help) ? [] : ['the help must be a sentence with a full stop']
}

function labelProblems(labels: readonly string[]): string[] {
  return labels.flatMap(label => {
    if (UNBOUNDED_LABELS.has(label)) return [`label ${label} has no bound`]
    return /^[a-z][a-z0-9_]*$/.test(label) ? [] : [`label ${label} must be lower case with underscores`]
  })
}
