import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os'

/** `host:port` as it stands in URLs and endpoint lists: IPv6 hosts in brackets. */
export function hostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** The address a process on this machine connects to when a listener was opened on `host`. */
export function localHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  return host === '::' ? '::1' : host
}

/**
 * The address others reach a listener by, as it stands before a port. One that was opened on all addresses is known by the machine's first
 * external one, as the original's proxies are (common-monitor-deploy.md §4.6); `advertisedHost` of a service overrides it.
 */
export function advertisedHost(host: string, interfaces: Interfaces): string {
  if (host !== '0.0.0.0' && host !== '::') return host.includes(':') ? `[${host}]` : host
  const external = Object.values(interfaces)
    .flatMap(addresses => addresses ?? [])
    .filter(address => !address.internal)
  return external.find(address => address.family === 'IPv4')?.address ?? '127.0.0.1'
}

/** `advertisedHost` on this machine. */
export function ownAddress(host: string): string {
  return advertisedHost(host, networkInterfaces())
}

type Interfaces = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>

export interface Endpoint {
  readonly host: string
  readonly port: number
}

export function parseEndpoint(text: string): Endpoint {
  const url = new URL(`tcp://${text}`)
  return { host: url.hostname.replaceAll(/^\[|\]$/g, ''), port: Number(url.port) }
}
