import { isIPv6 } from 'node:net'
import { CONFIG_ROOT, configConnectString } from '../paths.ts'
import { pathProblem } from './node-path.ts'

const DEFAULT_PORT = 2181

export interface ServerName {
  readonly host: string
  readonly port: number
}

export interface ConnectString {
  readonly servers: readonly ServerName[]
  /** Path of the config tree: `/carrera/v4/config`, below a chroot when the address names one. */
  readonly root: string
}

/** Reads `host:port,host:port/chroot` (common-monitor-deploy.md §2.1). Throws a `SyntaxError` that says what is wrong. */
export function parseConnectString(address: string): ConnectString {
  const [hosts = '', ...path] = configConnectString(address.trim().replace(/\/+$/, '')).split('/')
  const root = `/${path.join('/')}`
  const problem = pathProblem(root)
  if (problem !== undefined) throw new SyntaxError(`the path ${JSON.stringify(root)} ${problem}`)
  return { servers: hosts.split(',').map(parseServer), root }
}

/** `host:port`, with brackets around an IPv6 address. */
export function serverText({ host, port }: ServerName): string {
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`
}

/** The place in the tree of a path below `/carrera/v4/config`. */
export function below(root: string, path: string): string {
  return `${root}${path.slice(CONFIG_ROOT.length)}`
}

function parseServer(text: string): ServerName {
  const match = /^(?:\[([^\]]+)\]|([^:[\]\s]+))(?::(\d{1,5}))?$/.exec(text.trim())
  const host = match?.[1] ?? match?.[2]
  const port = Number(match?.[3] ?? DEFAULT_PORT)
  if (host === undefined || port < 1 || port > 65_535) {
    throw new SyntaxError(`${JSON.stringify(text.trim())} is not host:port`)
  }
  return { host, port }
}
