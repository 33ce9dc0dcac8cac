import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { kafkaSettingsSchema } from '@ddmq/storage/kafka'
import { expect, test } from 'vitest'
import { z } from 'zod'

const PAGE = resolve(import.meta.dirname, '../../../../docs/reference/kafka.md')

interface Node {
  readonly description?: string
  readonly default?: unknown
  readonly properties?: Readonly<Record<string, Node>>
  readonly anyOf?: readonly Node[]
  readonly oneOf?: readonly Node[]
}

test('docs/reference/kafka.md has every setting as the schema has it, and no other', () => {
  const json = z.toJSONSchema(kafkaSettingsSchema, { io: 'input', unrepresentable: 'any' })
  const schema: Node = JSON.parse(JSON.stringify(json))
  const rows = readFileSync(PAGE, 'utf8')
    .split('\n')
    .filter(line => line.startsWith('| `'))

  const section = rows.filter(row => row.split('|').length === 5)
  expect(section).toEqual(rowsOf(schema))
})

function rowsOf(node: Node, path = ''): string[] {
  return propertiesOf(node).flatMap(([name, setting]) => {
    const inner = rowsOf(setting, `${path}${name}.`)
    const { description = '', default: value } = setting
    const shown =
      inner.length > 0 || value === undefined
        ? ''
        : `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``
    return [`| \`${path}${name}\` | ${shown} | ${description} |`, ...inner]
  })
}

/** Of an object, or of all the objects it may be; the same name twice is one setting. */
function propertiesOf({
  properties = {},
  anyOf = [],
  oneOf = [],
}: Node): readonly (readonly [string, Node])[] {
  const all = [...Object.entries(properties), ...[...anyOf, ...oneOf].flatMap(propertiesOf)]
  return [...Map.groupBy(all, ([name]) => name)].map(([name, same]) => {
    const description = same.map(([, node]) => node.description ?? '').join(' ')
    return [name, { ...same[0]?.[1], description }]
  })
}
