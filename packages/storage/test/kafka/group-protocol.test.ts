import { decodeConsumerProtocolSubscription, encodeConsumerProtocolSubscription } from '@platformatic/kafka'
import { expect, test } from 'vitest'
import { decodeSubscription, encodeSubscription } from '../../src/kafka/group-protocol.ts'

const subscription = {
  topics: ['a'],
  claims: ['a/1'],
  prefers: ['a/2', 'a/3'],
  owned: ['a/0'],
  generation: 7,
}

test('what a member says of itself arrives at the leader', () => {
  const bytes = encodeSubscription(subscription, { change: 1, rack: undefined })

  expect(decodeSubscription('m', bytes)).toEqual({ memberId: 'm', ...subscription })
})

test('a member of a version without preferences prefers nothing', () => {
  const bytes = encodeSubscription(subscription, { change: 1, rack: undefined })
  const known = decodeConsumerProtocolSubscription(bytes)
  const older = encodeConsumerProtocolSubscription({ ...known, userData: '{"change":1,"claims":["a/1"]}' })

  expect(decodeSubscription('m', older)).toEqual({ memberId: 'm', ...subscription, prefers: [] })
})
