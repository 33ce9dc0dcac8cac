import { z } from 'zod'

/**
 * The keys a configuration schema knows, as far as environment variables need them: which names exist below a key, and
 * whether a value is text.
 */
export interface KeyTree {
  /** Known members, by their name in lower case without underscores. */
  readonly members: ReadonlyMap<string, { readonly name: string; readonly tree: KeyTree }>
  /** What a map holds under names of the operator's choosing. */
  readonly anyMember: KeyTree | undefined
  /** Only text is accepted here: `007` or `true` is not to be read as a number or a boolean. */
  readonly isText: boolean
}

/** Reads the keys from what the schema accepts as input. */
export function keyTreeOf(schema: z.ZodType): KeyTree {
  return treeOf(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }))
}

/** `LOOK_AHEAD_MS` and `lookAheadMs` are the same key. */
export function looseKey(name: string): string {
  return name.replaceAll('_', '').toLowerCase()
}

type JsonSchema = z.core.JSONSchema.BaseSchema

function treeOf(schema: JsonSchema): KeyTree {
  const alternatives = [schema, ...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])]
  const members = new Map<string, { name: string; tree: KeyTree }>()
  let anyMember: KeyTree | undefined
  for (const alternative of alternatives.filter(isSchema)) {
    for (const [name, member] of Object.entries(alternative.properties ?? {})) {
      if (isSchema(member)) members.set(looseKey(name), { name, tree: treeOf(member) })
    }
    const { additionalProperties } = alternative
    if (isSchema(additionalProperties)) anyMember = treeOf(additionalProperties)
  }
  return { members, anyMember, isText: schema.type === 'string' }
}

function isSchema(schema: JsonSchema | boolean | undefined): schema is JsonSchema {
  return typeof schema === 'object'
}
