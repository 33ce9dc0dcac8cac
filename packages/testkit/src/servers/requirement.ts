import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Why a kind of real server cannot run on this machine; undefined where it can. Ends up in the titles of skipped tests. */
export function missingPrograms(...programs: readonly string[]): string | undefined {
  const missing = programs.filter(program => !isInPath(program))
  return missing.length === 0 ? undefined : `needs ${missing.join(', ')} in PATH`
}

function isInPath(program: string): boolean {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  return folders.some(folder => folder !== '' && isExecutable(join(folder, program)))
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
