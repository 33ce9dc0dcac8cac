import { join } from 'node:path'
import {
  isRecordedRunning,
  readProcessRecord,
  recordFile,
  ServerProcess,
  stopRecorded,
  tempDir,
} from '@ddmq/testkit'
import { expect, onTestFinished, test } from 'vitest'

/** A server that outlives whoever started it, and ends on SIGTERM only when it is told to. */
async function outliving(script = 'setInterval(() => undefined, 1000)') {
  const dir = await tempDir()
  const logFile = join(dir.path, 'log')
  const create = (): ServerProcess =>
    new ServerProcess({
      name: 'server',
      program: process.execPath,
      args: ['-e', `${script}; console.log('started')`],
      logFile,
      outlives: true,
      ready: async server => {
        if (!(await server.log()).includes('started')) throw new Error('not yet')
      },
    })
  onTestFinished(async () => {
    const record = await readProcessRecord(recordFile(logFile))
    if (record !== undefined) await stopRecorded(record, 0)
    await dir[Symbol.asyncDispose]()
  })
  return { create, file: recordFile(logFile) }
}

test('a server that outlives its starter is known by its record, and started once', async () => {
  const { create, file } = await outliving()
  const first = create()
  await first.start()
  const record = await readProcessRecord(file)

  const second = create()
  await second.start()
  await second.kill()

  expect(record).toMatchObject({ name: 'server', pid: first.pid })
  expect(await readProcessRecord(file)).toEqual(record)
  expect(first.isRunning).toBe(true)
})

test('what runs under the id of a record, but started at another time, is left alone', async () => {
  const { create, file } = await outliving()
  const server = create()
  await server.start()
  const record = await readProcessRecord(file)
  if (record === undefined) throw new Error('no record')
  const other = { ...record, started: `${record.started}0` }

  await stopRecorded(other, 0)

  expect(await isRecordedRunning(other)).toBe(false)
  expect(server.isRunning).toBe(true)
  await server.kill()
})

test('a recorded server that does not end when asked is killed', async () => {
  const { create, file } = await outliving(
    "process.on('SIGTERM', () => undefined); setInterval(() => undefined, 1000)",
  )
  await create().start()
  const record = await readProcessRecord(file)
  if (record === undefined) throw new Error('no record')

  await stopRecorded(record, 100)

  expect(await isRecordedRunning(record)).toBe(false)
  expect(await readProcessRecord(file)).toBeUndefined()
})
