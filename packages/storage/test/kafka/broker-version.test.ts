import { expect, test } from 'vitest'
import { hangingTransactions } from '../../src/kafka/broker-version.ts'

function metadataUpTo(maxVersion: number) {
  return [
    { name: 'kraft.version', minVersion: 0, maxVersion: 1 },
    { name: 'metadata.version', minVersion: 1, maxVersion },
  ]
}

test('a broker of 3.6 or newer is fine, an older one may leave transactions open', () => {
  expect(hangingTransactions(1, metadataUpTo(12))).toEqual({})
  expect(hangingTransactions(1, metadataUpTo(27))).toEqual({})
  expect(hangingTransactions(1, metadataUpTo(11))).toEqual({
    mayHang: expect.stringMatching(/^broker 1 is older than Kafka 3\.6 \(metadata\.version 11, 12 or more/),
  })
})

test('of a broker in ZooKeeper mode, which tells no metadata.version, nothing is claimed', () => {
  expect(hangingTransactions(2, [])).toEqual({
    unchecked: 'the version of broker 2 is not known (it tells no metadata.version)',
  })
})
