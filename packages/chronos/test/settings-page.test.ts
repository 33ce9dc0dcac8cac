import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { chronosConfigSchema } from '@ddmq/chronos'
import { settingsRows } from '@ddmq/testkit'
import { expect, test } from 'vitest'
import { z } from 'zod'

const PAGE = resolve(import.meta.dirname, '../../../docs/reference/chronos.md')

test('docs/reference/chronos.md has every setting as the schema has it, and no other', () => {
  const json = z.toJSONSchema(chronosConfigSchema, {
    io: 'input',
    unrepresentable: 'any',
    // Left out by itself where a value may also be text with a unit.
    override({ zodSchema: { _zod }, jsonSchema }) {
      if (_zod.def.type === 'default') jsonSchema.default = _zod.def.defaultValue
    },
  })
  const [, section = ''] = /^## Settings\n(.*?)^## /ms.exec(readFileSync(PAGE, 'utf8')) ?? []
  const rows = section.split('\n').filter(line => line.startsWith('| `'))

  expect(rows).toEqual(settingsRows(JSON.parse(JSON.stringify(json))))
})
