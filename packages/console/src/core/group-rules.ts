import type { Problem } from './problem.ts'

/** For new groups; groups that exist under older names go on working (console.md §5.2). */
export function groupNameProblems(name: string): readonly Problem[] {
  if (/^cg_[a-zA-Z0-9_-]+$/.test(name) && name.length <= 128) return []
  return [
    {
      field: 'groupName',
      message: 'must begin with cg_ and have, in all, 4 to 128 of a-z, A-Z, 0-9, _ and -',
    },
  ]
}
