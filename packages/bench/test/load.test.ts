import { producerService } from '@ddmq/common/idl'
import { expect, test } from 'vitest'
import { runProduce } from '../src/index.ts'
import { startFake } from './fake-server.ts'

/** A producer proxy that answers every third send with code 15. */
async function startProxy(): Promise<{ host: string; port: number; accepted: string[] }> {
  const accepted: string[] = []
  let count = 0
  const address = await startFake(
    { sendSync: producerService.sendSync },
    {
      sendSync: ({ message }) => {
        if (count++ % 3 === 2) return { code: 15, msg: 'refused' }
        accepted.push(Buffer.from(message?.body ?? []).toString())
        return { code: 0, msg: 'OK' }
      },
    },
  )
  return { ...address, accepted }
}

test('a load run reports what was acknowledged, by id, and what failed, by code', async () => {
  const { accepted, ...address } = await startProxy()
  const acknowledged: string[] = []

  const report = await runProduce({
    addresses: [address],
    topic: 'load',
    connections: 4,
    bodyBytes: 64,
    seconds: 0.3,
    acknowledged: id => acknowledged.push(id),
  })

  expect(report.messages).toBe(accepted.length)
  expect(report.errors['15']).toBeGreaterThan(0)
  expect(new Set(acknowledged)).toEqual(new Set(accepted.map(body => body.split('.')[0])))
  expect(new Set(acknowledged).size).toBe(acknowledged.length)
  expect(accepted.every(body => body.length === 64)).toBe(true)
})

test('a load run against nothing counts the failed connections and ends', async () => {
  const report = await runProduce({
    addresses: [{ host: '127.0.0.1', port: 1 }],
    topic: 'load',
    connections: 1,
    bodyBytes: 16,
    seconds: 0.2,
  })

  expect(report.messages).toBe(0)
  expect(Object.values(report.errors).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(0)
})

test('bodies that are too small for the id of a message are refused before anything is sent', async () => {
  const { accepted, ...address } = await startProxy()
  const load = { addresses: [address], topic: 'load', connections: 1, seconds: 0.1 }

  await expect(runProduce({ ...load, bodyBytes: 15 })).rejects.toThrow('bodyBytes must be at least 16')
  expect(accepted).toEqual([])
})
