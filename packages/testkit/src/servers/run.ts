import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const execute = promisify(execFile)

export interface RunOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  readonly withinMs?: number
}

/** What a program prints to its standard output; rejects with all of its output when it fails or takes too long. */
export async function run(
  program: string,
  args: readonly string[],
  { withinMs = 600_000, cwd, env }: RunOptions = {},
): Promise<string> {
  try {
    const { stdout } = await execute(program, args, {
      timeout: withinMs,
      maxBuffer: 64 * 1024 * 1024,
      env: { ...process.env, ...env },
      ...(cwd === undefined ? {} : { cwd }),
    })
    return stdout
  } catch (cause) {
    const { stdout = '', stderr = '' } = Object(cause)
    throw new Error(`${program} ${args.join(' ')} failed\n${stdout}${stderr}`, { cause })
  }
}
