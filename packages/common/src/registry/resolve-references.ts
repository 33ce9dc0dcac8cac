/** Far more than any document of the original has; references to references could multiply without end. */
const MAX_REFERENCES = 1_000

/**
 * Replaces `{"$ref": "$.a.b[0]"}` by a copy of what it points at (common-monitor-deploy.md §3). `@` is the object that
 * holds the reference and `..` its parent: both would be cycles and are refused, as is every other cycle.
 */
export function resolveReferences(document: unknown): unknown {
  return resolve(document, { document, references: 0 }, new Set())
}

interface Root {
  readonly document: unknown
  references: number
}

function resolve(value: unknown, root: Root, open: ReadonlySet<string>): unknown {
  if (Array.isArray(value)) return value.map(item => resolve(item, root, open))
  if (typeof value !== 'object' || value === null) return value
  const reference = referenceIn(value)
  if (reference === undefined) {
    return Object.fromEntries(
      Object.entries(value).map(([key, member]) => [key, resolve(member, root, open)]),
    )
  }
  if (open.has(reference)) throw new SyntaxError(`$ref ${reference} is part of a cycle`)
  if (++root.references > MAX_REFERENCES) throw new SyntaxError(`more than ${MAX_REFERENCES} $ref`)
  return resolve(lookUp(root.document, reference), root, new Set([...open, reference]))
}

function referenceIn(value: object): string | undefined {
  const [key, ...others] = Object.keys(value)
  if (key !== '$ref' || others.length > 0 || !('$ref' in value)) return undefined
  return typeof value.$ref === 'string' ? value.$ref : undefined
}

function lookUp(document: unknown, reference: string): unknown {
  let current = document
  for (const key of keysOf(reference)) {
    const found: unknown = Array.isArray(current) || isObject(current) ? Reflect.get(current, key) : undefined
    if (found === undefined) throw new SyntaxError(`$ref ${reference} points at nothing`)
    current = found
  }
  return current
}

/** `$.topics[0].proxies.127\.0\.0\.1` → topics, 0, proxies, 127.0.0.1 */
function keysOf(reference: string): string[] {
  if (!/^\$(?:[.[]|$)/.test(reference)) throw new SyntaxError(`$ref ${reference} is not supported`)
  const steps = reference.slice(1).matchAll(/\.((?:\\.|[^.[\\])+)|\[(\d+)\]/g)
  return [...steps].map(([, name, index]) => name?.replaceAll(/\\(.)/g, '$1') ?? index ?? '')
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
