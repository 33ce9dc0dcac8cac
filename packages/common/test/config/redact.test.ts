import { redact } from '@ddmq/common/config'
import { expect, test } from 'vitest'

test('secrets are masked at any depth and everything else is kept', () => {
  const config = {
    port: 1,
    adminToken: 'abc',
    tokenTtlMs: 5,
    database: { url: 'mysql://user:pass@host/db', password: 'p', passwordFile: '' },
    tls: { privateKey: ['line1', 'line2'], cert: 'public' },
    secrets: { any: 'x', count: 2, on: true },
    nothing: null,
  }

  expect(redact(config)).toEqual({
    port: 1,
    adminToken: '***',
    tokenTtlMs: 5,
    database: { url: 'mysql://user:***@host/db', password: '***', passwordFile: '' },
    tls: { privateKey: ['***', '***'], cert: 'public' },
    secrets: { any: '***', count: 2, on: true },
    nothing: null,
  })
  expect(config.adminToken).toBe('abc')
})
