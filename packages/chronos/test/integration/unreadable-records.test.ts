import { eventually, tempDir } from '@ddmq/testkit'
import { expect, test } from 'vitest'
import { embeddedScene } from './embedded-scene.ts'

test('a record of the table that cannot be read is passed over, counted and said, and those behind it are delivered', async () => {
  await using dir = await tempDir()
  await using scene = await embeddedScene(dir.path)
  const topic = await scene.topic()
  const strange = { key: Buffer.from('x/y'), value: Buffer.from('?'), headers: [], timestampMs: 0 }
  for (const partition of ['0', '1'])
    await scene.cluster.append([{ topic: scene.table, partition, records: [strange] }], {
      deadlineMs: 5_000,
    })
  await scene.start()
  await scene.add(Date.now(), { topic, body: Buffer.from('behind') })

  await eventually(async () => expect(await scene.bodies(topic)).toEqual(['behind']))
  await eventually(async () =>
    expect(await scene.metrics()).toContain(
      'ddmq_chronos_unreadable_records_total{cluster="R_test",shard="1",part="key"} 1',
    ),
  )
  const said = scene.lines.filter(
    ({ msg }) => msg === 'a record of the delay table cannot be read and is passed over',
  )
  expect(said[0]).toMatchObject({ level: 'warn', topic: scene.table, offset: 0, part: 'key' })
})
