import { readFileSync } from 'node:fs'
import { AuthenticationError, type ConnectionOptions, type SASLOptions } from '@platformatic/kafka'
import { StorageError } from '../errors.ts'
import type { KafkaSettings } from './settings.ts'

/** How every connection of a cluster is made. Throws `invalid` when a file that is named cannot be read. */
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
    return { mechanism, username, password }
  }
  const { mechanism, token, tokenFile, extensions } = sasl
  return {
    mechanism,
    // Without it the library takes a connection for authenticated whose token the broker has refused.
    authBytesValidator: (answer, callback) => callback(tokenRefusal(answer), answer),
    token: tokenFile === undefined ? (token ?? '') : () => read('sasl.tokenFile', tokenFile).trim(),
    ...(extensions === undefined ? {} : { oauthBearerExtensions: extensions }),
  }
}

/** A broker says in a document what is wrong with a token, and nothing when it is right. */
function tokenRefusal(answer: Buffer): Error | null {
  if (answer.length === 0) return null
  return new AuthenticationError(`the broker refused the token: ${answer.toString('utf8').slice(0, 200)}`)
}

function read(setting: string, file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (thrown) {
    throw new StorageError('invalid', `kafka: ${setting} cannot be read: ${file}`, { cause: thrown })
  }
}
