const SECRET_KEY =
  /password|passwd|passphrase|secret|token|credential|private_?key|api_?key|access_?key|authorization|cookie/i
/** `user:password@` inside an address. */
const URL_PASSWORD = /(\/\/[^/\s:@]*):[^/\s@]+@/g
const MASK = '***'

/** Whether a member of this name holds something that must not be shown. */
export function isSecretKey(key: string): boolean {
  return SECRET_KEY.test(key)
}

/** A password inside the text of an address is masked; the rest stays readable. */
export function redactText(text: string): string {
  return text.replaceAll(URL_PASSWORD, `$1:${MASK}@`)
}

/** A copy fit for printing: text below a key that names a secret is masked, and so are passwords in addresses. */
export function redact(config: unknown): unknown {
  return copy(config, false)
}

function copy(value: unknown, secret: boolean): unknown {
  if (typeof value === 'string') return secret && value !== '' ? MASK : redactText(value)
  if (Array.isArray(value)) return value.map(item => copy(item, secret))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, copy(member, secret || isSecretKey(key))]),
  )
}
