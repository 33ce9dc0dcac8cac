import { type EndpointAddress, tryParseEndpoint } from './core/endpoint-address.ts'
import { ResultCode } from './core/result-code.ts'
import { DdmqClientError } from './errors.ts'

/** Largest delay a Node timer takes. */
const MAX_MS = 2 ** 31 - 1

export function invalidOption(problem: string): DdmqClientError {
  return new DdmqClientError(ResultCode.INVALID_OPTIONS, problem)
}

/** The value, or its default; throws when it is not an integer of at least `min`. */
export function integerOption(
  name: string,
  value: number | undefined,
  fallback: number,
  min: number,
): number {
  if (value === undefined) return fallback
  if (!Number.isInteger(value) || value < min || value > MAX_MS)
    throw invalidOption(`${name} must be an integer from ${min} to ${MAX_MS}, got ${value}`)
  return value
}

/** Reads the list of proxies; throws naming the entry that is wrong. */
export function endpointsOption(endpoints: readonly string[] | undefined): readonly EndpointAddress[] {
  if (!Array.isArray(endpoints) || endpoints.length === 0)
    throw invalidOption('endpoints must list at least one "host:port"')
  const seen = new Map<string, EndpointAddress>()
  for (const text of endpoints) {
    const address = tryParseEndpoint(String(text))
    if (address === undefined)
      throw invalidOption(`endpoints: "${text}" is not host:port, 1.2.3.4:port or [IPv6]:port`)
    seen.set(address.name, address)
  }
  return [...seen.values()]
}

/** Throws when an object has a member outside `known`: a misspelt option must not be ignored. */
export function refuseUnknownOptions(options: object, known: readonly string[]): void {
  const unknown = Object.keys(options).filter(name => !known.includes(name))
  if (unknown.length > 0) throw invalidOption(`unknown option: ${unknown.join(', ')}`)
}
