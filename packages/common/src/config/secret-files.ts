import { readFileSync } from 'node:fs'
import { describeError } from '../errors/index.ts'
import type { ConfigProblem } from './errors.ts'
import { type KeyTree, looseKey } from './key-tree.ts'
import { ownConfigObject } from './merge.ts'

export interface WithSecrets {
  readonly values: unknown
  readonly problems: readonly ConfigProblem[]
}

/**
 * Puts in secrets that stand in files of their own: `passwordFile: /run/secrets/mysql` becomes `password`. Holds for every
 * text whose key names a secret. The last line break of the file is not part of the secret.
 */
export function readSecretFiles(values: unknown, tree: KeyTree): WithSecrets {
  const problems: ConfigProblem[] = []
  return { values: resolved(values, tree, { path: [], problems }), problems }
}

interface Place {
  readonly path: readonly string[]
  readonly problems: ConfigProblem[]
}

function resolved(value: unknown, tree: KeyTree, place: Place): unknown {
  if (Array.isArray(value)) {
    const { item } = tree
    return item === undefined
      ? value
      : value.map((each, index) => resolved(each, item, below(place, String(index))))
  }
  if (typeof value !== 'object' || value === null) return value
  const result = ownConfigObject()
  for (const [key, member] of Object.entries(value)) {
    const memberTree = treeBelow(tree, key)
    const at = below(place, key)
    const secret = memberTree?.fileOf
    if (secret !== undefined) result[secret] = secretIn(member, Object.hasOwn(value, secret), at)
    else result[key] = memberTree === undefined ? member : resolved(member, memberTree, at)
  }
  return result
}

function treeBelow(tree: KeyTree, key: string): KeyTree | undefined {
  const member = tree.members.get(looseKey(key))
  return member?.name === key ? member.tree : tree.anyMember
}

function below({ path, problems }: Place, key: string): Place {
  return { path: [...path, key], problems }
}

function secretIn(file: unknown, isGivenTwice: boolean, { path, problems }: Place): string {
  const problem = (reason: string): string => {
    problems.push({ path: path.join('.'), reason })
    return ''
  }
  if (isGivenTwice) return problem('give either the secret or the file it stands in')
  if (typeof file !== 'string') return problem('expected the path of a file')
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '')
  } catch (cause) {
    return problem(`cannot be read: ${describeError(cause)}`)
  }
}
