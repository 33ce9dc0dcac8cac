import { parse } from 'yaml'
import type { ConfigProblem } from './errors.ts'
import { type KeyTree, looseKey } from './key-tree.ts'
import { type ConfigObject, ownConfigObject } from './merge.ts'

export interface EnvOverrides {
  readonly values: ConfigObject
  /** Dotted key → name of the variable that set it. */
  readonly variables: ReadonlyMap<string, string>
  readonly problems: readonly ConfigProblem[]
}

/**
 * What the environment sets: `<PREFIX>__STORE__LOOK_AHEAD_MS=5s` is `store.lookAheadMs`. Two underscores go one level
 * down; case and single underscores inside a name do not matter. Values are YAML scalars or flow collections, except
 * where the schema wants text. A variable that fits no key is a problem, not ignored: it is most likely misspelled.
 */
export function envOverrides(
  env: Readonly<Record<string, string | undefined>>,
  prefix: string,
  tree: KeyTree,
): EnvOverrides {
  const values = ownConfigObject()
  const variables = new Map<string, string>()
  const problems: ConfigProblem[] = []
  const start = `${prefix}__`
  for (const variable of Object.keys(env)
    .filter(name => name.startsWith(start))
    .toSorted()) {
    const found = locate(variable.slice(start.length).split('__'), tree)
    if (found === undefined) {
      problems.push({ path: '', reason: `environment variable ${variable} matches no configuration key` })
      continue
    }
    assign(values, found.keys, valueOf(env[variable] ?? '', found.tree))
    variables.set(found.keys.join('.'), variable)
  }
  return { values, variables, problems }
}

function locate(segments: readonly string[], root: KeyTree): { keys: string[]; tree: KeyTree } | undefined {
  const keys: string[] = []
  let tree = root
  for (const segment of segments) {
    const member = tree.members.get(looseKey(segment))
    const below = member?.tree ?? tree.anyMember
    if (below === undefined || segment === '') return undefined
    keys.push(member?.name ?? segment)
    tree = below
  }
  return { keys, tree }
}

function valueOf(text: string, tree: KeyTree): unknown {
  if (tree.isText) return text
  try {
    const value: unknown = parse(text)
    return value
  } catch {
    // Not YAML, so it is plain text; the schema judges it with the key's name in the message.
    return text
  }
}

function assign(target: ConfigObject, keys: readonly string[], value: unknown): void {
  const [key = '', ...rest] = keys
  if (rest.length === 0) {
    target[key] = value
    return
  }
  const inner = ownConfigObject(target[key])
  target[key] = inner
  assign(inner, rest, value)
}
