import { createHash } from 'node:crypto'

export const NODE_FILE_SUFFIX = '.json'
/** Names that are the same on every file system, also one that ignores case. */
const PLAIN = /^[a-z0-9][a-z0-9_.-]{0,99}$/
const READABLE_LENGTH = 100
const HASH_DIGITS = 16

/**
 * The file of a node. A plain name is used as it is; any other gets its readable beginning, escaped, and a hash, so that
 * no two names share a file whatever their length, case or characters.
 */
export function nodeFileName(name: string): string {
  if (PLAIN.test(name)) return `${name}${NODE_FILE_SUFFIX}`
  const hash = createHash('sha256').update(name).digest('hex').slice(0, HASH_DIGITS)
  return `${escaped(name).slice(0, READABLE_LENGTH)}~${hash}${NODE_FILE_SUFFIX}`
}

/** The name a file stands for, when the file name alone says it. */
export function plainNodeName(fileName: string): string | undefined {
  const name = fileName.slice(0, -NODE_FILE_SUFFIX.length)
  return PLAIN.test(name) ? name : undefined
}

function escaped(name: string): string {
  const readable = encodeURIComponent(name).replaceAll(
    /[!'()*~]/g,
    char => `%${char.charCodeAt(0).toString(16)}`,
  )
  return readable.startsWith('.') ? `%2e${readable.slice(1)}` : readable
}
