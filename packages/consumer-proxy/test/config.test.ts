import { expect, test } from 'vitest'
import { z } from 'zod'
import { consumerProxyConfigSchema } from '../src/index.ts'

interface Described {
  readonly description?: string
  readonly properties?: Readonly<Record<string, Described>>
}

function undescribed(schema: Described, path: string): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, member]) => [
    ...(member.description === undefined ? [`${path}${name}`] : []),
    ...undescribed(member, `${path}${name}.`),
  ])
}

test('every key of the configuration has a default and a description', () => {
  expect(consumerProxyConfigSchema.parse({})).toMatchObject({ host: '127.0.0.1', port: 9713 })
  expect(undescribed(z.toJSONSchema(consumerProxyConfigSchema) as Described, '')).toEqual([])
})

test('an unknown key is refused and named', () => {
  const parsed = consumerProxyConfigSchema.safeParse({ limits: { maxFrames: 1 } })
  expect(parsed.error?.issues.map(issue => issue.message)).toEqual([expect.stringContaining('maxFrames')])
})
