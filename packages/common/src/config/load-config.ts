import type { z } from 'zod'
import { envOverrides } from './env-overrides.ts'
import { ConfigError, type ConfigProblem } from './errors.ts'
import { keyTreeOf } from './key-tree.ts'
import { mergeConfig } from './merge.ts'
import { readYamlFile } from './read-yaml.ts'
import { readSecretFiles } from './secret-files.ts'

export interface ConfigSources {
  /** Values below the file: what the caller derives, such as folders of a standalone process. */
  readonly base?: object
  /** YAML file; must exist when given. */
  readonly file?: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** `DDMQ_CHRONOS` for variables such as `DDMQ_CHRONOS__STORE__DIR`. */
  readonly envPrefix: string
  /** Nested values from the command line; they win over everything. */
  readonly flags?: object
}

/**
 * Reads, merges and checks a service's configuration: defaults of the schema < base < file < environment < flags.
 * A secret may stand in a file of its own (`passwordFile`). The result is deeply frozen. Throws `CONFIG_INVALID` listing every problem with its path (house-style §15).
 */
export function loadConfig<Schema extends z.ZodType>(
  schema: Schema,
  sources: ConfigSources,
): z.output<Schema> {
  const fromFile = sources.file === undefined ? {} : readYamlFile(sources.file)
  const tree = keyTreeOf(schema)
  const env = envOverrides(sources.env, sources.envPrefix, tree)
  const given = readSecretFiles(mergeConfig(sources.base, fromFile, env.values, sources.flags), tree)
  const parsed = schema.safeParse(given.values)
  const problems: ConfigProblem[] = [...env.problems, ...given.problems]
  for (const issue of parsed.error?.issues ?? []) {
    const path = issue.path.map(String).join('.')
    const variable = env.variables.get(path)
    problems.push({ path, reason: issue.message, ...(variable !== undefined && { variable }) })
  }
  if (!parsed.success || problems.length > 0) {
    throw new ConfigError(sources.file ?? 'configuration', problems)
  }
  return deepFreeze(parsed.data)
}

function deepFreeze<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const member of Object.values(value)) deepFreeze(member)
  }
  return value
}
