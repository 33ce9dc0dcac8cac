const TOKEN = /<\/([\w-]+)>|<([\w-]+)((?:\s+[\w-]+="[^"<]*")*)\s*(\/?)>|[^<]+/gy

/** Throws unless the text is one well-formed XML element, as far as documents without comments and declarations go. */
export function assertWellFormed(xml: string): void {
  const open: string[] = []
  for (let at = 0; at < xml.length; at = TOKEN.lastIndex) {
    TOKEN.lastIndex = at
    const match = TOKEN.exec(xml)
    if (match === null) throw new Error(`no XML at ${JSON.stringify(xml.slice(at, at + 80))}`)
    const [token, closes, opens, attributes = '', isEmpty] = match
    assertToken(token, attributes)
    if (closes !== undefined && open.pop() !== closes) throw new Error(`</${closes}> closes another element`)
    if (opens !== undefined && isEmpty === '') open.push(opens)
    if (open.length === 0 && TOKEN.lastIndex < xml.length) throw new Error('there is more than one element')
  }
  if (open.length > 0) throw new Error(`not closed: ${open.join()}`)
}

function assertToken(token: string, attributes: string): void {
  if (/&(?!(?:amp|lt|gt|quot);)/.test(token)) throw new Error(`a bare & in ${token}`)
  const names = [...attributes.matchAll(/([\w-]+)=/g)].map(([, name]) => name)
  if (new Set(names).size < names.length) throw new Error(`an attribute is there twice: ${token}`)
}
