import { rm } from 'node:fs/promises'
import { EmbeddedCluster } from '@ddmq/storage/embedded'
import { FakeClock, tempDir } from '@ddmq/testkit'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  encodeEpochs,
  endOfEpoch,
  type LogEpochs,
  NO_EPOCHS,
  tryDecodeEpochs,
  withEpoch,
} from '../../src/embedded/log-epochs.ts'
import { crashImage, optionsFor } from './open-cluster.ts'

const CALL = { deadlineMs: 10_000 }

/** A cluster with a plain topic and a table, which can be put back to a copy of its folder. */
async function openFolder() {
  const folder = await tempDir()
  const clock = new FakeClock()
  const dir = `${folder.path}/log`
  const open = async (): Promise<EmbeddedCluster> => {
    const opened = new EmbeddedCluster(optionsFor(dir, { clock }))
    await opened.start()
    return opened
  }
  let cluster = await open()
  await cluster.admin.createTopic({ topic: 'plain', partitions: 1 })
  await cluster.admin.createTopic({ topic: 'table', partitions: 1, compacted: true })
  return {
    clock,
    get cluster() {
      return cluster
    },
    async append(topic: string, count: number) {
      for (let index = 0; index < count; index++) {
        const record = { key: Buffer.from('k'), value: Buffer.alloc(1), headers: [], timestampMs: 1 }
        const [outcome] = await cluster.append([{ topic, partition: '0', records: [record] }], CALL)
        if (outcome !== undefined && 'error' in outcome) throw outcome.error
      }
    },
    copy: () => crashImage(dir, `${folder.path}/copy`),
    async reopen() {
      await cluster.stop()
      cluster = await open()
    },
    async putBack() {
      await cluster.stop()
      await rm(dir, { recursive: true })
      await crashImage(`${folder.path}/copy`, dir)
      cluster = await open()
    },
    async [Symbol.asyncDispose]() {
      await cluster.stop()
      await folder[Symbol.asyncDispose]()
    },
  }
}

describe.each(['plain', 'table'])('E10 the lost end of a log (%s)', topic => {
  test('shows when nothing or something else was appended since', async () => {
    await using folder = await openFolder()
    await folder.append(topic, 3)
    await folder.copy()
    await folder.append(topic, 4)
    const read = await folder.cluster.identity(topic, '0')
    expect(read.endOffset).toBe(7)

    await folder.putBack()
    const atOnce = await folder.cluster.endOfEpoch(topic, '0', read.epoch)
    await folder.append(topic, 10)

    expect(atOnce).toBe(3)
    expect((await folder.cluster.identity(topic, '0')).endOffset).toBe(13)
    expect(await folder.cluster.endOfEpoch(topic, '0', read.epoch)).toBe(3)
    await folder.reopen()
    expect(await folder.cluster.endOfEpoch(topic, '0', read.epoch)).toBe(3)
  })

  test('E11 shows when the folder was opened in between and does not know of it', async () => {
    await using folder = await openFolder()
    await folder.append(topic, 3)
    await folder.copy()
    await folder.clock.advance(5_000)
    await folder.reopen()
    await folder.append(topic, 4)
    const { epoch } = await folder.cluster.identity(topic, '0')

    await folder.clock.advance(5_000)
    await folder.putBack()
    await folder.append(topic, 10)

    expect(await folder.cluster.endOfEpoch(topic, '0', epoch)).toBe(3)
  })
})

const steps = fc.array(fc.record({ epoch: fc.integer({ min: 1, max: 5 }), offset: fc.nat({ max: 9 }) }), {
  maxLength: 200,
})

test('E10 the list is never too late for a position, however many epochs there were', () => {
  fc.assert(
    fc.property(steps, grown => {
      const all: { epoch: number; offset: number }[] = []
      let epochs: LogEpochs = NO_EPOCHS
      let [epoch, offset] = [0, 0]
      for (const step of grown) {
        epoch += step.epoch
        epochs = withEpoch(epochs, { epoch, offset })
        all.push({ epoch, offset })
        offset += 1 + step.offset
      }

      expect(tryDecodeEpochs(encodeEpochs(epochs), offset)).toEqual(epochs)
      expect(epochs.length).toBeLessThanOrEqual(64)
      for (const [index, { epoch: of }] of all.entries()) {
        const exact = all[index + 1]?.offset ?? offset
        const told = endOfEpoch(epochs, of, offset)
        expect(told).toBeLessThanOrEqual(exact)
        expect(told === exact || index < all.length - 64).toBe(true)
      }
    }),
  )
})

test('E10 what begins at or beyond the recovered end is forgotten, and damage is told', () => {
  const epochs = [
    { epoch: 1, offset: 0 },
    { epoch: 5, offset: 10 },
  ]
  expect(tryDecodeEpochs(encodeEpochs(epochs), 10)).toEqual(epochs.slice(0, 1))
  expect(tryDecodeEpochs(encodeEpochs(epochs.toReversed()), 20)).toBeUndefined()
  expect(tryDecodeEpochs(Buffer.alloc(13), 20)).toBeUndefined()
})
