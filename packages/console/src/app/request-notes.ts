import { AsyncLocalStorage } from 'node:async_hooks'

const storage = new AsyncLocalStorage<Set<string>>()

/** Runs a call and answers, beside its result, what was noted meanwhile for its caller. */
export async function withNotes<Result>(
  call: () => Promise<Result>,
): Promise<{ readonly result: Result; readonly notes: readonly string[] }> {
  const notes = new Set<string>()
  const result = await storage.run(notes, call)
  return { result, notes: [...notes] }
}

/** Something that the caller of the request under way must know although the request succeeded. */
export function noteForCaller(note: string): void {
  storage.getStore()?.add(note)
}
