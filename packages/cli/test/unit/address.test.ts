import type { NetworkInterfaceInfo } from 'node:os'
import { expect, test } from 'vitest'
import { advertisedHost, hostPort, localHost, parseEndpoint } from '../../src/address.ts'

const address = (family: 'IPv4' | 'IPv6', text: string, internal: boolean): NetworkInterfaceInfo => ({
  family,
  address: text,
  internal,
  netmask: '',
  mac: '',
  cidr: null,
  scopeid: 0,
})

const interfaces = {
  lo: [address('IPv4', '127.0.0.1', true)],
  eth0: [address('IPv6', 'fe80::1', false), address('IPv4', '10.0.0.5', false)],
}

test('a listener on all addresses is known to others by the first external IPv4 address', () => {
  expect(advertisedHost('0.0.0.0', interfaces)).toBe('10.0.0.5')
  expect(advertisedHost('192.168.1.7', interfaces)).toBe('192.168.1.7')
  expect(advertisedHost('::1', interfaces)).toBe('[::1]')
  expect(advertisedHost('0.0.0.0', { lo: interfaces.lo })).toBe('127.0.0.1')
})

test('a process on the same machine reaches a listener on all addresses by the loopback', () => {
  expect(localHost('0.0.0.0')).toBe('127.0.0.1')
  expect(localHost('::')).toBe('::1')
  expect(localHost('10.0.0.5')).toBe('10.0.0.5')
})

test.each([
  ['10.0.0.5:9613', { host: '10.0.0.5', port: 9613 }],
  ['[::1]:9613', { host: '::1', port: 9613 }],
  ['mq.example:80', { host: 'mq.example', port: 80 }],
])('%s is read as host and port, and written back the same', (text, endpoint) => {
  expect(parseEndpoint(text)).toEqual(endpoint)
  expect(hostPort(endpoint.host, endpoint.port)).toBe(text)
})
