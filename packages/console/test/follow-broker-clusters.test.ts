import { createLogger } from '@ddmq/common/log'
import { expect, test } from 'vitest'
import { FollowBrokerClusters } from '../src/app/follow-broker-clusters.ts'
import { inventoryWith } from './support/inventory.ts'

const log = createLogger({ level: 'silent', pretty: false })

test('rows that were read earlier and come later never replace those that were read after them', async () => {
  const older = inventoryWith({ mqServers: [] })
  const newer = inventoryWith()
  const late = Promise.withResolvers<typeof older>()
  const reads = [() => late.promise, () => Promise.resolve(newer)]
  const wanted: string[][] = []
  const follow = new FollowBrokerClusters(
    { inventory: () => reads.shift()?.() ?? Promise.reject(new Error('read once more than expected')) },
    {
      want: clusters => void wanted.push([...clusters.keys()]),
      tried: () => Promise.resolve(),
    },
    log,
  )

  const refreshes = [follow.refresh(), follow.refresh()]
  setImmediate(() => late.resolve(older))
  await Promise.all(refreshes)

  expect(wanted).toEqual([[], ['R_default']])
})
