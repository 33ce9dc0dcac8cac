import { randomInt } from 'node:crypto'
import { copyFile, cp, mkdir, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { faultRounds, tempDir } from '@ddmq/testkit'
import { expect, test } from 'vitest'
import type { DelayScene } from '../integration/delay-scene.ts'
import { embeddedScene } from '../integration/embedded-scene.ts'
import { DelayLoad, SOUND } from './delay-load.ts'
import { spawnChronos } from './fault-process.ts'

const WITHIN_MS = 300_000
const ROUNDS = faultRounds(2, 10)
/** Of each kind of file. */
const ROUNDS_OF_KIND = faultRounds(1, 5)
/** Small, so that the index is in files of all kinds soon. */
const CONFIG = { writeBufferBytes: 64 * 1024, batch: { count: 50 } }
const LATER_MS = 3_000

/** What is due now, while it is added, and later. */
async function loadOf(scene: DelayScene): Promise<DelayLoad> {
  const load = new DelayLoad(scene, await scene.topic())
  await load.add(500, { fromMs: Date.now(), overMs: 500 })
  await load.add(2500, { fromMs: Date.now() + LATER_MS, overMs: 500 })
  return load
}

test('CH-47 an index that was deleted while the service was an hour behind: that hour is delivered', async () => {
  await using dir = await tempDir()
  await using scene = await embeddedScene(dir.path)
  const load = new DelayLoad(scene, await scene.topic())
  await scene.start()
  await load.add(100, { fromMs: Date.now(), overMs: 100 })
  await load.untilDelivered(load.expected)
  await scene.stop()
  await load.add(1000, { fromMs: Date.now() - 3_600_000, overMs: 3_600_000 })
  await rm(join(dir.path, 'chronos'), { recursive: true })

  await scene.start()

  expect(await load.verdict()).toEqual(SOUND)
})

test(
  'an index that is deleted under the running service is built anew',
  async () => {
    for (let round = 0; round < ROUNDS; round++) {
      await using dir = await tempDir()
      await using scene = await embeddedScene(dir.path)
      await scene.start(CONFIG)
      const load = await loadOf(scene)
      await delay(randomInt(300))

      // Again where a file was made meanwhile.
      await rm(join(dir.path, 'chronos'), { recursive: true, maxRetries: 20, retryDelay: 5 })
      await load.add(4000, { fromMs: Date.now(), overMs: LATER_MS })

      expect(await load.verdict()).toEqual(SOUND)
    }
  },
  WITHIN_MS,
)

test(
  'CH-52 a copy of the index that was taken under load is gone on with, or built anew',
  async () => {
    for (let round = 0; round < ROUNDS; round++) {
      await using dir = await tempDir()
      await using scene = await embeddedScene(dir.path)
      await scene.start(CONFIG)
      const load = await loadOf(scene)
      await delay(randomInt(300))

      await copyOfLiving(join(dir.path, 'chronos'), join(dir.path, 'copy'))
      await load.add(500, { fromMs: Date.now(), overMs: 500 })
      await load.untilDelivered(500)
      await scene.stop()
      await rm(join(dir.path, 'chronos'), { recursive: true })
      await cp(join(dir.path, 'copy'), join(dir.path, 'chronos'), { recursive: true })
      await scene.start(CONFIG)

      expect(await load.verdict()).toEqual(SOUND)
    }
  },
  WITHIN_MS,
)

test(
  'CH-48 an index whose last writes were lost with the power goes on from where it stands',
  async () => {
    for (let round = 0; round < ROUNDS; round++) {
      await using dir = await tempDir()
      const load = await killedFolder(dir.path)
      const log = (await filesOf(dir.path, '.log')).toSorted().at(-1)
      const { size } = await stat(`${log}`)
      await truncate(`${log}`, randomInt(size + 1))

      await using scene = await embeddedScene(dir.path)
      load.goOn(scene)
      await scene.start(CONFIG)

      expect(await load.verdict()).toEqual(SOUND)
    }
  },
  WITHIN_MS,
)

test.each(['.sst', '.log', 'MANIFEST'])(
  'CH-49 an index whose %s file is damaged is built anew',
  async kind => {
    for (let round = 0; round < ROUNDS_OF_KIND; round++) {
      await using dir = await tempDir()
      const load = await killedFolder(dir.path)
      for (const file of await filesOf(dir.path, kind)) await flipBytes(file)

      await using scene = await embeddedScene(dir.path)
      load.goOn(scene)
      await scene.start(CONFIG)

      expect(await load.verdict()).toEqual(SOUND)
    }
  },
  WITHIN_MS,
)

test(
  'CH-49 an index that cannot be opened is built anew, and the log says so',
  async () => {
    await using dir = await tempDir()
    const load = await killedFolder(dir.path)
    for (const file of await filesOf(dir.path, 'CURRENT')) await flipBytes(file)

    await using scene = await embeddedScene(dir.path)
    load.goOn(scene)
    await scene.start(CONFIG)

    expect(scene.lines).toContainEqual(
      expect.objectContaining({
        level: 'error',
        dir: join(dir.path, 'chronos'),
        msg: 'the index of delayed messages is damaged and is built anew',
      }),
    )
    expect(await load.verdict()).toEqual(SOUND)
  },
  WITHIN_MS,
)

test('CH-49 a service whose index is in use by another process refuses to start, and says so', async () => {
  await using dir = await tempDir()
  await using scene = await embeddedScene(dir.path)
  await scene.start()
  await using second = await embeddedScene(join(dir.path, 'second'))

  await expect(second.start({ dataDir: join(dir.path, 'chronos') })).rejects.toMatchObject({
    cause: { message: expect.stringContaining('the folder is in use by another process') },
  })
})

/** File by file, while they are written; some may be gone when their turn comes. */
async function copyOfLiving(from: string, to: string): Promise<void> {
  await mkdir(to)
  for (const name of await readdir(from)) {
    await copyFile(join(from, name), join(to, name)).catch(() => undefined)
  }
}

/** A folder whose service was killed with much that is pending. */
async function killedFolder(dir: string): Promise<DelayLoad> {
  let load: DelayLoad
  {
    await using scene = await embeddedScene(dir)
    load = await loadOf(scene)
  }
  await using child = spawnChronos({ dir, topic: load.topic, config: CONFIG })
  await child.waitForLine(/^delivered [1-9]/)
  await delay(randomInt(300))
  child.kill('SIGKILL')
  await child.exited
  return load
}

/** Of the index, of one kind. */
async function filesOf(dir: string, kind: string): Promise<readonly string[]> {
  const names = await readdir(join(dir, 'chronos'), { recursive: true })
  const files = names.filter(name => name.includes(kind)).map(name => join(dir, 'chronos', name))
  if (files.length === 0) throw new Error(`no ${kind} file in ${names.join()}`)
  return files
}

async function flipBytes(file: string): Promise<void> {
  const bytes = await readFile(file)
  for (let count = 0; count < 8 && bytes.length > 0; count++) {
    const at = randomInt(bytes.length)
    bytes[at] = (bytes[at] ?? 0) ^ 0xff
  }
  await writeFile(file, bytes)
}
