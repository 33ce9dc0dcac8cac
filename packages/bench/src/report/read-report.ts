import { readFile } from 'node:fs/promises'
import { describeError } from '@ddmq/common/errors'
import { ReportInvalidError } from './errors.ts'
import { type ReportDocument, reportSchema } from './report-document.ts'

/** Reads what `ddmq bench report` wrote. Throws `BENCH_REPORT_INVALID`, which names the file and the fields that are wrong. */
export async function readReport(file: string): Promise<ReportDocument> {
  const parsed = reportSchema.safeParse(await readJson(file))
  if (parsed.success) return parsed.data
  const { issues } = parsed.error
  // Of another format or of something else, the other fields say nothing.
  const ofFormat = issues.filter(({ path }) => path[0] === 'format')
  const problems = (ofFormat.length > 0 ? ofFormat : issues).map(({ path, message }) =>
    path.length === 0 ? message : `${path.map(String).join('.')}: ${message}`,
  )
  throw new ReportInvalidError(`${file} is no report of this version: ${problems.join('; ')}`)
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'))
  } catch (cause) {
    throw new ReportInvalidError(`${file} cannot be read: ${describeError(cause)}`)
  }
}
