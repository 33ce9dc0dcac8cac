import { defineError } from '../errors/index.ts'

/** One reason why a configuration cannot be used. */
export interface ConfigProblem {
  /** Dotted key, or `file:line:column` when the file itself cannot be read. */
  readonly path: string
  readonly reason: string
  /** The environment variable that set the value, when one did. */
  readonly variable?: string
}

/** The configuration cannot be used. Lists every problem; the operator corrects them all at once. Exit code 78. */
export class ConfigError extends defineError('CONFIG_INVALID', { retryable: false, httpStatus: 500 }) {
  readonly problems: readonly ConfigProblem[]

  constructor(source: string, problems: readonly ConfigProblem[], options?: ErrorOptions) {
    const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`
    super([`${source} has ${count}`, ...problems.map(line)].join('\n  '), {
      ...options,
      details: { problems },
    })
    this.problems = problems
  }
}

function line({ path, reason, variable }: ConfigProblem): string {
  const from = variable === undefined ? '' : ` (from ${variable})`
  return path === '' ? `${reason}${from}` : `${path}${from}: ${reason}`
}
