import { z } from 'zod'
import { isSecretKey } from './redact.ts'

/**
 * The keys a configuration schema knows, as far as environment variables need them: which names exist below a key, and
 * whether a value is text.
 */
export interface KeyTree {
  /** Known members, by their name in lower case without underscores. */
  readonly members: ReadonlyMap<string, { readonly name: string; readonly tree: KeyTree }>
  /** What a map holds under names of the operator's choosing. */
  readonly anyMember: KeyTree | undefined
  /** What a list holds. */
  readonly item: KeyTree | undefined
  /** Only text is accepted here: `007` or `true` is not to be read as a number or a boolean. */
  readonly isText: boolean
  /** Of `passwordFile` and its like: the key whose value stands in the file. */
  readonly fileOf?: string
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
  let item: KeyTree | undefined
  for (const alternative of alternatives.filter(isSchema)) {
    for (const [name, member] of Object.entries(alternative.properties ?? {})) {
      if (isSchema(member)) members.set(looseKey(name), { name, tree: treeOf(member) })
    }
    const { additionalProperties, items } = alternative
    if (isSchema(additionalProperties)) anyMember = treeOf(additionalProperties)
    if (isSchema(items)) item = treeOf(items)
  }
  addSecretFiles(members)
  return { members, anyMember, item, isText: schema.type === 'string' }
}

/** Beside every secret text `password` the key `passwordFile` is known, whatever the schema says (see `secret-files.ts`). */
function addSecretFiles(members: Map<string, { name: string; tree: KeyTree }>): void {
  const secrets = Array.from(members.values()).filter(({ name, tree }) => tree.isText && isSecretKey(name))
  for (const { name } of secrets) {
    const file = `${name}File`
    if (members.has(looseKey(file))) continue
    members.set(looseKey(file), {
      name: file,
      tree: { members: new Map(), anyMember: undefined, item: undefined, isText: true, fileOf: name },
    })
  }
}

function isSchema(schema: JsonSchema | readonly unknown[] | boolean | undefined): schema is JsonSchema {
  return typeof schema === 'object' && !Array.isArray(schema)
}
