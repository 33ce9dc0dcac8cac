import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { tempDir } from '@ddmq/testkit'
import { expect, test } from 'vitest'
import { readReport } from '../../src/index.ts'
import { measured, RATE, reportOf } from './fake-report.ts'

const REPORT = reportOf([measured('a.b', [[RATE, 1, 2]])])

async function read(text: string): Promise<unknown> {
  await using dir = await tempDir()
  const file = join(dir.path, 'report.json')
  await writeFile(file, text)
  return await readReport(file)
}

test('a report is read as it was written', async () => {
  expect(await read(JSON.stringify(REPORT))).toEqual(REPORT)
})

test.each([
  [
    'another version of the format',
    { ...REPORT, format: 1 },
    /report\.json is no report of this version: format: /,
  ],
  ['something else', { name: 'ddmq' }, /report\.json is no report of this version: format: [^;]*$/],
  ['a list', [], /report\.json .*expected object/],
  ['a figure that is no number', { ...REPORT, seconds: 'four' }, /report\.json .*: seconds: /],
  [
    'a row in a unit that nobody knows',
    {
      ...REPORT,
      measured: [{ ...REPORT.measured[0], rows: [{ ...REPORT.measured[0]?.rows[0], unit: 'miles' }] }],
    },
    /report\.json .*: measured\.0\.rows\.0\.unit: /,
  ],
])('%s is refused, with the file and the field', async (_title, document, message) => {
  await expect(read(JSON.stringify(document))).rejects.toMatchObject({
    code: 'BENCH_REPORT_INVALID',
    message: expect.stringMatching(message),
  })
})

test.each(['', '{"format": 1'])('a file that is no JSON (%j) is refused by its name', async text => {
  await expect(read(text)).rejects.toMatchObject({
    code: 'BENCH_REPORT_INVALID',
    message: expect.stringMatching(/report\.json cannot be read: /),
  })
})

test('a file that does not exist is refused by its name', async () => {
  await expect(readReport('/nowhere/at/all.json')).rejects.toThrow(
    '/nowhere/at/all.json cannot be read: ENOENT',
  )
})
