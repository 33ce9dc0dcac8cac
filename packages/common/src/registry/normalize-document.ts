/** Derived members of an HBase table, written by the original beside the declared ones and full of references (§4.2.4). */
const DERIVED_KEYS: ReadonlySet<string> = new Set(['columnName2ColumnInfoMap', 'name2Info'])

/**
 * Brings a document of any writer to our spelling (common-monitor-deploy.md §3): `null` members are absent, a boolean
 * `isEnabled` is `enabled` (the short spelling wins when both are there), derived members are dropped.
 */
export function normalizeDocument(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(normalizeDocument)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).filter(([key, member]) => member !== null && !DERIVED_KEYS.has(key))
  const named = members.map(([key, member]): [string, unknown] => {
    const short = shortSpelling(key)
    const renamed = short !== undefined && typeof member === 'boolean' && !Object.hasOwn(value, short)
    return [renamed ? short : key, normalizeDocument(member)]
  })
  return Object.fromEntries(named)
}

/** `isEnabled` → `enabled` */
function shortSpelling(key: string): string | undefined {
  const rest = /^is([A-Z].*)$/s.exec(key)?.[1]
  return rest === undefined ? undefined : `${rest.charAt(0).toLowerCase()}${rest.slice(1)}`
}
