/** `host:port` as it stands in URLs and endpoint lists: IPv6 hosts in brackets. */
export function hostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** The address a process on this machine connects to when a listener was opened on `host`. */
export function localHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  return host === '::' ? '::1' : host
}

export interface Endpoint {
  readonly host: string
  readonly port: number
}

export function parseEndpoint(text: string): Endpoint {
  const url = new URL(`tcp://${text}`)
  return { host: url.hostname.replaceAll(/^\[|\]$/g, ''), port: Number(url.port) }
}
