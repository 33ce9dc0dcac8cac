/** Where one proxy listens. */
export interface EndpointAddress {
  readonly host: string
  readonly port: number
  /** As the user wrote it: the name in results, logs and metrics. */
  readonly name: string
}

/** `host:port`, `1.2.3.4:port` or `[v6]:port`; undefined when the text is none of these. */
export function tryParseEndpoint(text: string): EndpointAddress | undefined {
  const match = /^(?:\[([0-9a-fA-F:.%]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(text)
  const host = match?.[1] ?? match?.[2]
  const port = Number(match?.[3])
  if (host === undefined || port < 1 || port > 65_535) return undefined
  return { host, port, name: text }
}
