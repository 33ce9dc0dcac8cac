import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** One row of a page below `docs/conformance/`. */
export interface ConformanceRow {
  readonly id: string
  readonly proven: boolean
}

const ROW = /^\| ([A-Z]{2})-(\d+)(?: – [A-Z]{2}-(\d+))?\s*\|[^|]*\|\s*([^|]*)\|/gm

/** The rows of one page; a row may stand for a range, `CM-25 – CM-27`. */
export function conformanceRows(page: string): readonly ConformanceRow[] {
  return [...page.matchAll(ROW)].flatMap(([, prefix, first, last = first, state = '']) =>
    Array.from({ length: Number(last) - Number(first) + 1 }, (_, index) => ({
      id: `${prefix}-${Number(first) + index}`,
      proven: state.startsWith('proven'),
    })),
  )
}

/** Item ids that stand in the titles of tests, or of the exported suites. */
export function testedIds(root: string): ReadonlySet<string> {
  const files = globSync(['packages/**/test/**/*.ts', 'packages/*/src/**/conformance/*.ts'], {
    cwd: root,
    exclude: path => path.includes('node_modules') || path.includes('/dist/'),
  })
  return new Set(
    files.flatMap(file =>
      [...readFileSync(join(root, file), 'utf8').matchAll(/\b(?:PP|CP|CO|CM|SD|CH)-\d+\b/g)].map(
        ([id]) => id,
      ),
    ),
  )
}
