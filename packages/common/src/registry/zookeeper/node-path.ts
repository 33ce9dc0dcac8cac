import { NodeNameInvalidError } from '../errors.ts'

/** The UTF-16 units that ZooKeeper's servers refuse in a path: controls, surrogates and private use, specials. */
const FORBIDDEN: readonly (readonly [from: number, to: number])[] = [
  [0x0000, 0x001f],
  [0x007f, 0x009f],
  [0xd800, 0xf8ff],
  [0xfff0, 0xffff],
]

/** Why ZooKeeper cannot have a node of this path; undefined when it can. */
export function pathProblem(path: string): string | undefined {
  if (!path.startsWith('/')) return 'does not begin with /'
  if (path === '/') return undefined
  for (const name of path.slice(1).split('/')) {
    if (name === '') return 'has an empty name in it'
    if (name === '.' || name === '..') return 'has . or .. in it'
  }
  for (let at = 0; at < path.length; at++) {
    const unit = path.charCodeAt(at)
    if (FORBIDDEN.some(([from, to]) => unit >= from && unit <= to)) {
      return `has the character U+${unit.toString(16).padStart(4, '0')} in it`
    }
  }
  return undefined
}

/** Throws `REGISTRY_NAME_INVALID` for a document name that is no single node name of ZooKeeper. */
export function checkNodeName(name: string): void {
  const problem = name.includes('/') ? 'has a / in it' : pathProblem(`/${name}`)
  if (problem === undefined) return
  throw new NodeNameInvalidError(
    `the name ${JSON.stringify(name)} ${problem}, which ZooKeeper does not allow`,
  )
}
