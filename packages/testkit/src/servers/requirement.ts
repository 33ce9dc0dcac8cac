import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Why a kind of real server cannot run on this machine; undefined where it can. Ends up in the titles of skipped tests. */
export function missingPrograms(...programs: readonly string[]): string | undefined {
  const missing = programs.filter(program => findProgram(program) === undefined)
  return missing.length === 0 ? undefined : `needs ${missing.join(', ')} in PATH`
}

/** Path of a program in PATH or one of the other folders. */
export function findProgram(program: string, otherFolders: readonly string[] = []): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...otherFolders]
  return folders
    .filter(folder => folder !== '')
    .map(folder => join(folder, program))
    .find(isExecutable)
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
