import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { tempDir } from '@ddmq/testkit'
import { expect, test } from 'vitest'
import { clusterPorts } from '../src/cluster-ports.ts'
import { down } from '../src/down.ts'
import { checkFolder, writeMarker } from '../src/marker.ts'
import { claimStart } from '../src/starting.ts'
import { up } from '../src/up.ts'

const clusterIn = (dir: string, offset = 0) => ({ dir, offset, ports: clusterPorts(offset) })
const print = () => undefined

test('a folder with anything in it is refused by up, not marked, and not removed by down', async () => {
  await using dir = await tempDir()
  await writeFile(join(dir.path, 'thesis.txt'), 'the only copy')
  const cluster = clusterIn(dir.path)

  await expect(up(cluster, { print, signal: new AbortController().signal })).rejects.toThrow(
    `${dir.path} is not empty and holds no dev-cluster; name another folder with --data`,
  )
  await expect(down(cluster, { purge: true, print })).rejects.toThrow('nothing was removed')

  expect(await readdir(dir.path)).toEqual(['thesis.txt'])
})

test('a folder that is absent, empty, half marked or of this cluster is taken; one of other ports is not', async () => {
  await using dir = await tempDir()
  const cluster = clusterIn(join(dir.path, 'cluster'), 10)

  await checkFolder(cluster)
  await mkdir(cluster.dir)
  await checkFolder(cluster)
  await writeFile(join(cluster.dir, 'dev-cluster.json'), '')
  await checkFolder(cluster)
  await writeMarker(cluster)
  await writeFile(join(cluster.dir, 'data'), 'ours')
  await checkFolder(cluster)

  await expect(checkFolder(clusterIn(cluster.dir, 20))).rejects.toThrow('was made with --port-offset 10')
})

test('a path that is no folder is refused', async () => {
  await using dir = await tempDir()
  const file = join(dir.path, 'file')
  await writeFile(file, '')

  await expect(checkFolder(clusterIn(file))).rejects.toThrow('ENOTDIR')
})

test('a second up of a folder is refused while the first is at work, and only so long', async () => {
  await using dir = await tempDir()
  const cluster = clusterIn(dir.path)

  {
    await using _first = await claimStart(cluster)
    await expect(up(cluster, { print, signal: new AbortController().signal })).rejects.toThrow(
      `another dev-cluster up is at work; wait for it, or remove ${join(dir.path, 'starting')}`,
    )
    expect(await readdir(dir.path)).toEqual(['starting'])
  }

  expect(await readdir(dir.path)).toEqual([])
  await using _next = await claimStart(cluster)
})

test('what an up that was killed has left holds up no other', async () => {
  await using dir = await tempDir()
  const cluster = clusterIn(dir.path)
  const gone = spawn('true')
  await once(gone, 'exit')
  await writeFile(join(dir.path, 'starting'), `${gone.pid}\n`)

  await checkFolder(cluster)
  await using _next = await claimStart(cluster)

  expect(await readFile(join(dir.path, 'starting'), 'utf8')).toBe(`${process.pid}\n`)
})
