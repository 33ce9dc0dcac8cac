import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { z } from 'zod'

/** What a running `up`, or a console, tells the commands of its user. */
const runFileSchema = z.object({
  pid: z.int().positive(),
  state: z.enum(['starting', 'ready']),
  console: z.string(),
  token: z.string(),
  /** What runs in that process. */
  services: z.enum(['all', 'console']),
})
export type RunFile = z.infer<typeof runFileSchema>

/** Replaces the file in one step; only its owner can read it, because it holds the operator token. */
export async function writeRunFile(path: string, content: RunFile): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const temporary = `${path}.${content.pid}`
  const file = await open(temporary, 'w', 0o600)
  try {
    await file.writeFile(`${JSON.stringify(content)}\n`)
  } finally {
    await file.close()
  }
  await rename(temporary, path)
}

/** The run file of a process that is alive; one left behind by a killed process counts as absent. */
export async function readRunFile(path: string): Promise<RunFile | undefined> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch {
    return undefined // absent or not ours to read: the caller goes on without
  }
  const parsed = runFileSchema.safeParse(parseJson(text))
  return parsed.success && isAlive(parsed.data.pid) ? parsed.data : undefined
}

/** Removes the file if it is still that of `pid`; another `up` may have written its own since. */
export async function removeRunFile(path: string, pid: number): Promise<void> {
  if ((await readRunFile(path))?.pid === pid) await rm(path, { force: true })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
