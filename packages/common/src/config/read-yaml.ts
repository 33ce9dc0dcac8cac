import { readFileSync } from 'node:fs'
import { parseDocument } from 'yaml'
import { describeError } from '../errors/index.ts'
import { ConfigError } from './errors.ts'

/** The mapping in a YAML file; an empty file is an empty mapping. Throws `CONFIG_INVALID` with file, line and reason. */
export function readYamlFile(file: string): unknown {
  const document = parseDocument(textOf(file), { prettyErrors: true })
  const [error] = document.errors
  if (error !== undefined) {
    const at = error.linePos?.[0]
    const place = at === undefined ? file : `${file}:${at.line}:${at.col}`
    // The library appends "at line …" and a picture of the place.
    const reason = error.message.split(/ at line \d+|\n/)[0] ?? error.message
    throw new ConfigError(file, [{ path: place, reason }], { cause: error })
  }
  const content: unknown = document.toJS()
  if (content === null || content === undefined) return {}
  if (typeof content !== 'object' || Array.isArray(content)) {
    throw new ConfigError(file, [{ path: `${file}:1:1`, reason: 'expected a mapping of keys to values' }])
  }
  return content
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new ConfigError(file, [{ path: file, reason: `cannot be read: ${describeError(cause)}` }], {
      cause,
    })
  }
}
