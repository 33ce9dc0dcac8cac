import { readFile, rm, writeFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { run } from './run.ts'

const SUFFIX = '.process.json'
const POLL_MS = 50

/** A process that goes on when the one that started it has ended, as it stands in a file beside its log. */
export interface ProcessRecord {
  readonly name: string
  readonly pid: number
  /** When the kernel started it: tells it from a later process that was given the same id. */
  readonly started: string
  readonly logFile: string
}

/** Where the record of the process with this log stands. */
export function recordFile(logFile: string): string {
  return `${logFile}${SUFFIX}`
}

export function isRecordFile(file: string): boolean {
  return file.endsWith(SUFFIX)
}

export async function writeProcessRecord(record: Omit<ProcessRecord, 'started'>): Promise<void> {
  const started = (await startOf(record.pid)) ?? ''
  await writeFile(recordFile(record.logFile), `${JSON.stringify({ ...record, started })}\n`)
}

/** The record in a file; undefined when there is none, or half of one. */
export async function readProcessRecord(file: string): Promise<ProcessRecord | undefined> {
  try {
    const record: ProcessRecord = JSON.parse(await readFile(file, 'utf8'))
    return record
  } catch {
    return undefined // the process it was for cannot be told from another: it counts as gone
  }
}

/** Whether the very process of the record runs. */
export async function isRecordedRunning({ pid, started }: ProcessRecord): Promise<boolean> {
  return started !== '' && (await startOf(pid)) === started
}

/** Asks the process of the record to end, kills it when it does not in time, and forgets the record. */
export async function stopRecorded(record: ProcessRecord, withinMs: number): Promise<void> {
  const dueMs = performance.now() + withinMs
  if (await isRecordedRunning(record)) {
    signal(record.pid, 'SIGCONT')
    signal(record.pid, 'SIGTERM')
  }
  while (await isRecordedRunning(record)) {
    if (performance.now() > dueMs) signal(record.pid, 'SIGKILL')
    await delay(POLL_MS)
  }
  await rm(recordFile(record.logFile), { force: true })
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // gone in the meantime, which is what was wanted
  }
}

/** Something that no two processes of one id share; undefined when there is no process, or only its remains. */
async function startOf(pid: number): Promise<string | undefined> {
  if (process.platform !== 'linux') {
    return run('ps', ['-o', 'lstart=', '-p', String(pid)]).then(
      text => text.trim(),
      () => undefined,
    )
  }
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
    // The name in parentheses may hold blanks; the state is the third field, the start time the 22nd.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' ? undefined : fields[19]
  } catch {
    return undefined
  }
}
