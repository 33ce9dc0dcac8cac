import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { kafkaSettingsSchema } from '@ddmq/storage/kafka'
import { settingsRows } from '@ddmq/testkit'
import { expect, test } from 'vitest'
import { z } from 'zod'

const PAGE = resolve(import.meta.dirname, '../../../../docs/reference/kafka.md')

test('docs/reference/kafka.md has every setting as the schema has it, and no other', () => {
  const json = z.toJSONSchema(kafkaSettingsSchema, { io: 'input', unrepresentable: 'any' })
  const rows = readFileSync(PAGE, 'utf8')
    .split('\n')
    .filter(line => line.startsWith('| `'))

  const section = rows.filter(row => row.split('|').length === 5)
  expect(section).toEqual(settingsRows(JSON.parse(JSON.stringify(json))))
})
