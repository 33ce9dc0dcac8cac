import { expect, test } from 'vitest'
import { readArguments, UsageError } from '../src/arguments.ts'
import { allPorts, clusterPorts } from '../src/cluster-ports.ts'

const env = { XDG_DATA_HOME: '/data' }

test('an offset moves every port and has a folder of its own', () => {
  const base = allPorts(clusterPorts(0))

  expect(readArguments(['up'], env)).toMatchObject({ cluster: { dir: '/data/ddmq/dev-cluster', offset: 0 } })
  expect(readArguments(['down', '--port-offset', '10', '--purge'], env)).toMatchObject({
    verb: 'down',
    purge: true,
    cluster: { dir: '/data/ddmq/dev-cluster-10', offset: 10 },
  })
  expect(allPorts(clusterPorts(10))).toEqual(base.map(port => port + 10))
})

test('no two processes of clusters 10 apart, or of one, share a port', () => {
  const ports = [...allPorts(clusterPorts(0)), ...allPorts(clusterPorts(10)), ...allPorts(clusterPorts(20))]

  expect(new Set(ports).size).toBe(ports.length)
})

test.each([
  [[]],
  [['start']],
  [['up', 'now']],
  [['up', '--fast']],
  [['up', '--port-offset', 'ten']],
  [['up', '--port-offset', '60000']],
])('%j is refused as wrong usage', words => {
  expect(() => readArguments(words, env)).toThrow(UsageError)
})

test('help asks for nothing', () => {
  expect(readArguments(['--help'], env)).toBeUndefined()
})
