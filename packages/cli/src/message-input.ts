import { readFile } from 'node:fs/promises'
import { buffer } from 'node:stream/consumers'
import { InvalidArgumentError } from 'commander'
import { UsageError } from './errors.ts'

/** The body of a message to send: as an argument, from a file, or else from standard input. */
export async function readBody(
  body: string | undefined,
  file: string | undefined,
): Promise<Uint8Array | string> {
  if (body !== undefined && file !== undefined) throw new UsageError('give either a body or --file, not both')
  if (file !== undefined) return readFile(file)
  return body === undefined || body === '-' ? buffer(process.stdin) : body
}

/** Collects the values of `--property name=value`. */
export function collectProperty(
  pair: string,
  collected: Readonly<Record<string, string>>,
): Record<string, string> {
  const at = pair.indexOf('=')
  if (at < 1) throw new InvalidArgumentError('write name=value.')
  return { ...collected, [pair.slice(0, at)]: pair.slice(at + 1) }
}
