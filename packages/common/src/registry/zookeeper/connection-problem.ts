import { describeError } from '../../errors/index.ts'

/** What went wrong with a connection, in a few words that go after the server's address. */
export function connectionProblem(thrown: unknown): string {
  const code = memberOf(thrown, 'code')
  if (code === 'ECONNREFUSED') return 'refuses the connection'
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return `cannot be looked up (${code})`
  // The message of such an error is lines of OpenSSL's own.
  const reason = memberOf(thrown, 'reason')
  return reason !== undefined && code?.startsWith('ERR_SSL_') === true
    ? `TLS: ${reason}`
    : describeError(thrown)
}

function memberOf(thrown: unknown, key: string): string | undefined {
  const value: unknown = thrown instanceof Error ? Reflect.get(thrown, key) : undefined
  return typeof value === 'string' ? value : undefined
}
