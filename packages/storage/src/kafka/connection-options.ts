import { readFileSync } from 'node:fs'
import type { ConnectionOptions, SASLOptions } from '@platformatic/kafka'
import { StorageError } from '../errors.ts'
import { authenticator } from './session-lifetime.ts'
import type { KafkaSettings } from './settings.ts'

/**
 * How a connection is made. Files are read anew for each, so that a certificate or a token can be renewed, or put right,
 * while we run. Throws `invalid` when one of them cannot be read.
 */
export function connectionOptions(settings: KafkaSettings): ConnectionOptions {
  const { tls, sasl, connectTimeoutMs, requestTimeoutMs } = settings
  return {
    connectTimeout: connectTimeoutMs,
    requestTimeout: requestTimeoutMs,
    ...(sasl === undefined ? {} : { sasl: saslOptions(sasl) }),
    ...(tls === undefined ? {} : tlsOptions(tls)),
  }
}

function tlsOptions(
  tls: NonNullable<KafkaSettings['tls']>,
): Pick<ConnectionOptions, 'tls' | 'tlsServerName'> {
  const { caFile, certFile, keyFile, keyPassphrase, rejectUnauthorized, servername } = tls
  return {
    tls: {
      rejectUnauthorized,
      ...(caFile === undefined ? {} : { ca: read('tls.caFile', caFile) }),
      ...(certFile === undefined ? {} : { cert: read('tls.certFile', certFile) }),
      ...(keyFile === undefined ? {} : { key: read('tls.keyFile', keyFile) }),
      ...(keyPassphrase === undefined ? {} : { passphrase: keyPassphrase }),
      // The library's own way to say it makes the name of an IP address a fault.
      ...(servername === undefined ? {} : { servername }),
    },
  }
}

function saslOptions(sasl: NonNullable<KafkaSettings['sasl']>): SASLOptions {
  if (sasl.mechanism !== 'OAUTHBEARER') {
    const { mechanism, username, password } = sasl
    return { mechanism, username, password, authenticate: authenticator() }
  }
  const { mechanism, token, tokenFile, extensions } = sasl
  return {
    mechanism,
    authenticate: authenticator(extensions),
    token: tokenFile === undefined ? (token ?? '') : read('sasl.tokenFile', tokenFile).trim(),
  }
}

function read(setting: string, file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (thrown) {
    const code = thrown instanceof Error && 'code' in thrown ? ` (${String(thrown.code)})` : ''
    throw new StorageError('invalid', `${setting} ${file} cannot be read${code}`, { cause: thrown })
  }
}
