import { refuse } from '../core/problem.ts'

/** The original's create calls also modify when they carry an id. */
export function refuseModify(field: string, id: number): void {
  if (id <= 0) return
  refuse([{ field, message: 'modifying is not available in this version; send 0 to create' }])
}
