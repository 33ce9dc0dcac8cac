import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { performancePage } from './performance-page.ts'
import type { ReportDocument } from './report-document.ts'

/** Where a report goes. */
export interface ReportFolders {
  /** Of the results. */
  readonly results: string
  /** Of the page and, in `performance`, its graphs; undefined to write none. */
  readonly page: string | undefined
}

/** Writes the results and, where it is wanted, the page. Resolves with the paths of what was written. */
export async function writeReport(
  report: ReportDocument,
  { results, page }: ReportFolders,
): Promise<readonly string[]> {
  await mkdir(results, { recursive: true })
  const file = join(results, fileName(report))
  await writeFile(file, `${JSON.stringify(report, null, 2)}\n`)
  return page === undefined ? [file] : [file, ...(await writePage(report, page))]
}

/** `2026-11-24T225012Z.json`, so that no run overwrites another; those of quick runs are named so. */
function fileName({ startedAt, kind }: ReportDocument): string {
  const time = startedAt.replaceAll(':', '').replace(/\.\d+Z$/, 'Z')
  return kind === 'full' ? `${time}.json` : `${time}-quick.json`
}

async function writePage(report: ReportDocument, folder: string): Promise<readonly string[]> {
  const { markdown, graphs } = performancePage(report)
  const graphFolder = join(folder, 'performance')
  await mkdir(graphFolder, { recursive: true })
  const stale = (await readdir(graphFolder)).filter(name => name.endsWith('.svg') && !graphs.has(name))
  await Promise.all(stale.map(name => rm(join(graphFolder, name))))
  const files = new Map([
    [join(folder, 'performance.md'), markdown],
    ...[...graphs].map(([name, svg]) => [join(graphFolder, name), `${svg}\n`] as const),
  ])
  await Promise.all([...files].map(([path, text]) => writeFile(path, text)))
  return [...files.keys()]
}
