const utf8 = new TextDecoder('utf-8', { fatal: true })

/** A body in a JSON document: text where it is UTF-8, else base64, so that nothing is lost. */
export function bodyFields(body: Uint8Array): { body: string } | { bodyBase64: string } {
  try {
    return { body: utf8.decode(body) }
  } catch {
    return { bodyBase64: Buffer.from(body).toString('base64') }
  }
}
