import { PushRefusedError } from './errors.ts'
import type { PushTarget } from './ports.ts'

/** Host names, beside those of the subscription's own URLs, that a message's callback URL may name. */
export interface CallbackRules {
  readonly allowedHosts: ReadonlySet<string>
}

const CALLBACK_SEPARATOR = '<>'

/** The URLs of a subscription. Operators may push anywhere, loopback and private networks included. */
export function subscriptionTargets(urls: readonly string[] | undefined): readonly PushTarget[] {
  if (urls === undefined || urls.length === 0) throw new PushRefusedError('urls: the list is empty')
  return urls.map(url => toTarget(parseUrl('urls', url), false))
}

/**
 * The URLs a message brings along in `carrera_http_callback_url` (consumer-proxy.md §13.1). Whoever can produce could
 * make this machine call internal services; so a host must be one of the subscription's own, one an operator allowed,
 * or have public addresses only, which the client checks when it connects (`publicOnly`).
 */
export function callbackTargets(
  property: string,
  own: readonly PushTarget[],
  rules: CallbackRules,
): readonly PushTarget[] {
  const trusted = new Set(own.map(target => new URL(target.origin).hostname))
  return property.split(CALLBACK_SEPARATOR).map(text => {
    const url = parseUrl('carrera_http_callback_url', text.trim())
    return toTarget(url, !trusted.has(url.hostname) && !rules.allowedHosts.has(url.hostname))
  })
}

function parseUrl(field: string, text: string): URL {
  const url = URL.parse(text)
  if (url === null) throw new PushRefusedError(`${field}: not a URL: ${text}`)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new PushRefusedError(`${field}: ${url.protocol} is not supported, use http or https`)
  }
  if (url.username !== '' || url.password !== '') {
    throw new PushRefusedError(`${field}: user and password in a URL are not supported`)
  }
  return url
}

function toTarget(url: URL, publicOnly: boolean): PushTarget {
  return { origin: url.origin, path: url.pathname + url.search, publicOnly }
}
