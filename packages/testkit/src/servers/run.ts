import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const execute = promisify(execFile)

export interface RunOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  readonly withinMs?: number
  /** What the program reads from its standard input; it finds the end there when absent. */
  readonly input?: string
}

/** What a program prints to its standard output; rejects with all of its output when it fails or takes too long. */
export async function run(
  program: string,
  args: readonly string[],
  { withinMs = 600_000, cwd, env, input }: RunOptions = {},
): Promise<string> {
  try {
    const running = execute(program, args, {
      timeout: withinMs,
      maxBuffer: 64 * 1024 * 1024,
      env: { ...process.env, ...env },
      ...(cwd === undefined ? {} : { cwd }),
    })
    // A program that ends before it has read its input leaves an EPIPE here; how it ended says more.
    running.child.stdin?.on('error', () => undefined)
    running.child.stdin?.end(input)
    const { stdout } = await running
    return stdout
  } catch (cause) {
    const { stdout = '', stderr = '' } = Object(cause)
    throw new Error(`${program} ${args.join(' ')} failed\n${stdout}${stderr}`, { cause })
  }
}
