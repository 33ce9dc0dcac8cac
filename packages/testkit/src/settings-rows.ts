/** A JSON schema, as far as a page of documentation shows it. */
export interface SettingsSchema {
  readonly description?: string
  readonly default?: unknown
  readonly properties?: Readonly<Record<string, SettingsSchema>>
  readonly anyOf?: readonly SettingsSchema[]
  readonly oneOf?: readonly SettingsSchema[]
}

/** The lines of a Markdown table of settings: name, default and meaning of each, groups before what is in them. */
export function settingsRows(schema: SettingsSchema, path = ''): readonly string[] {
  return propertiesOf(schema).flatMap(([name, setting]) => {
    const inner = settingsRows(setting, `${path}${name}.`)
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
}: SettingsSchema): readonly (readonly [string, SettingsSchema])[] {
  const all = [...Object.entries(properties), ...[...anyOf, ...oneOf].flatMap(propertiesOf)]
  return [...Map.groupBy(all, ([name]) => name)].map(([name, same]) => {
    const description = same.map(([, schema]) => schema.description ?? '').join(' ')
    return [name, { ...same[0]?.[1], description }]
  })
}
