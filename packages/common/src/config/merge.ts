/** A level of configuration before it is checked. */
export type ConfigObject = Record<string, unknown>

/** A shallow copy without prototype, so that no key of a file can reach one. Anything but a mapping gives an empty one. */
export function ownConfigObject(value?: unknown): ConfigObject {
  const own: ConfigObject = Object.create(null)
  return isMapping(value) ? Object.assign(own, value) : own
}

/** Later sources win, key by key; lists and scalars are replaced as a whole; `undefined` sets nothing. */
export function mergeConfig(...sources: readonly unknown[]): ConfigObject {
  const merged = ownConfigObject()
  for (const source of sources.filter(isMapping)) {
    for (const [key, value] of Object.entries(source)) {
      if (value === undefined) continue
      merged[key] = isMapping(value) ? mergeConfig(merged[key], value) : value
    }
  }
  return merged
}

function isMapping(value: unknown): value is ConfigObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
