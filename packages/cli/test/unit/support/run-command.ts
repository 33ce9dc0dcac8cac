import { onTestFinished, vi } from 'vitest'
import { createProgram } from '../../../src/program.ts'

export interface Printed {
  readonly stdout: string
  readonly stderr: string
}

/** Carries out a command line in this process. Rejects with the error that `main` would print. */
export async function runCommand(words: readonly string[], program = createProgram()): Promise<Printed> {
  const printed = { stdout: '', stderr: '' }
  const restore = (['stdout', 'stderr'] as const).map(name => {
    const spy = vi.spyOn(process[name], 'write').mockImplementation(chunk => {
      printed[name] += String(chunk)
      return true
    })
    return () => spy.mockRestore()
  })
  onTestFinished(() => restore.forEach(undo => undo()))
  try {
    await program.parseAsync(words, { from: 'user' })
    return printed
  } finally {
    restore.forEach(undo => undo())
  }
}
