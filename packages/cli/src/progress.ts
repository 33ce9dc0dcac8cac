import yoctoSpinner from 'yocto-spinner'

/** What takes longer than this is shown to be under way. */
const PATIENCE_MS = 1000

/** Runs the work; a person at a terminal sees a spinner on standard error once it takes longer than a second. */
export async function withProgress<Result>(text: string, work: () => Promise<Result>): Promise<Result> {
  if (!process.stderr.isTTY) return work()
  const spinner = yoctoSpinner({ text, stream: process.stderr })
  const timer = setTimeout(() => spinner.start(), PATIENCE_MS)
  try {
    return await work()
  } finally {
    clearTimeout(timer)
    spinner.stop()
  }
}
