import { expect, test } from 'vitest'
import { z } from 'zod'
import { consoleConfigSchema } from '../src/index.ts'

const database = { sqlite: { file: 'x.db' } }

test('the defaults are those of a machine on its own', () => {
  expect(consoleConfigSchema.parse({ database })).toMatchObject({
    host: '127.0.0.1',
    port: 8080,
    chronos: [],
    seed: {
      brokerCluster: 'R_default',
      cluster: 'ddmq',
      idc: 'default',
      producerProxies: ['127.0.0.1:9613'],
      consumerProxies: ['127.0.0.1:9713'],
    },
  })
})

test('every key is described, at every level', () => {
  const undescribed: string[] = []
  const visit = (schema: z.core.JSONSchema.BaseSchema, path: string) => {
    for (const alternative of schema.anyOf ?? []) visit(alternative, path)
    for (const [key, member] of Object.entries(schema.properties ?? {})) {
      if (typeof member === 'boolean') continue
      if (member.description === undefined) undescribed.push(`${path}${key}`)
      visit(member, `${path}${key}.`)
    }
  }
  visit(z.toJSONSchema(consoleConfigSchema, { io: 'input' }), '')

  expect(undescribed).toEqual([])
})

test.each([
  [{ seed: { producerProxies: ['here'] } }, 'seed.producerProxies.0'],
  [{ port: 70_000 }, 'port'],
  [{ operatorToken: 'short' }, 'operatorToken'],
  [{ seed: { cluster: 'a b' } }, 'seed.cluster'],
  [{ chronos: ['chronos:9614'] }, 'chronos.0'],
  [{ chronos: ['here'] }, 'chronos.0'],
])('%o is refused', (settings, path) => {
  const result = consoleConfigSchema.safeParse({ database, ...settings })

  expect(result.error?.issues.map(issue => issue.path.join('.'))).toEqual([path])
})

test.each([
  [{ hosts: [] }, 'mysql.hosts'],
  [{ hosts: ['db:x'] }, 'mysql.hosts.0'],
  [{ hosts: ['10.0.0.1:3306'], tls: {} }, 'mysql.tls.serverName'],
  [{ hosts: ['db', '[::1]:3306'], tls: {} }, 'mysql.tls.serverName'],
  [{ poolSize: 1 }, 'mysql.poolSize'],
  [{ host: 'db' }, 'mysql'],
])('a MySQL database with %o is refused', (settings, path) => {
  const mysql = { hosts: ['db'], user: 'u', database: 'd', ...settings }
  const result = consoleConfigSchema.shape.database.safeParse({ mysql })

  expect(result.error?.issues.map(issue => issue.path.join('.'))).toEqual([path])
})

test.each([[{}], [{ sqlite: { file: 'x' }, mysql: { hosts: ['db'], user: 'u', database: 'd' } }]])(
  'one database is named, not none or two: %o',
  named => {
    const result = consoleConfigSchema.safeParse({ database: named })

    expect(result.error?.issues).toMatchObject([{ message: 'must hold either `sqlite` or `mysql`' }])
  },
)

test('addresses of IPv6 hosts are taken', () => {
  const seed = { producerProxies: ['[::1]:9613'] }

  expect(consoleConfigSchema.safeParse({ database, seed }).success).toBe(true)
})
