import { configConnectString, isPlaceholder, nodePath } from '@ddmq/common/registry'
import { expect, test } from 'vitest'

test.each([
  ['127.0.0.1:2181', '127.0.0.1:2181/carrera/v4/config'],
  ['h1:2181,h2:2181', 'h1:2181,h2:2181/carrera/v4/config'],
  ['h1:2181/staging', 'h1:2181/staging/carrera/v4/config'],
  ['h1:2181,h2:2181/carrera/v4/config', 'h1:2181,h2:2181/carrera/v4/config'],
])('CM-1 the config root is appended to an address unless it names it: %s', (address, expected) => {
  expect(configConnectString(address)).toBe(expected)
})

test('a node lies below the container of its kind', () => {
  expect(nodePath('topic', 't1')).toBe('/carrera/v4/config/topic/t1')
  expect(nodePath('cproxy', '127.0.0.1:9713')).toBe('/carrera/v4/config/cproxy/127.0.0.1:9713')
})

test('CM-21 only the two texts of other writers are placeholders', () => {
  expect(['default', 'carrera', '', '{}'].map(isPlaceholder)).toEqual([true, true, false, false])
})
