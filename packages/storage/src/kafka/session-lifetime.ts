/**
 * A broker may let a login count for a limited time only (`connections.max.reauth.ms`, expiry of a token). The library
 * then logs in again on the open connection, where requests of ours that are sent meanwhile break the dialogue and with it
 * the connection. So its logins do not learn of the limit, and connections are replaced before it (`connections.ts`).
 */
import {
  AuthenticationError,
  type Connection,
  type SASLCustomAuthenticator,
  saslOAuthBearer,
  saslPlain,
  saslScramSha,
} from '@platformatic/kafka'

const lifetimes = new WeakMap<Connection, number>()

/** How long the login of a connection counts; undefined where it has no end. */
export function sessionLifetimeMs(connection: Connection): number | undefined {
  return lifetimes.get(connection)
}

/** Logs in as the library does, and keeps what the broker says about the lifetime. */
export function authenticator(extensions: Readonly<Record<string, string>> = {}): SASLCustomAuthenticator {
  return (...[mechanism, connection, api, username = '', password = '', token = '', callback]) => {
    const done: Done = (err, response) => {
      if (err !== null || response === undefined) return callback(err, response)
      if (response.sessionLifetimeMs > 0n) lifetimes.set(connection, Number(response.sessionLifetimeMs))
      callback(null, { ...response, sessionLifetimeMs: 0n })
    }
    if (mechanism === 'PLAIN') saslPlain.authenticate(api, connection, username, password, done)
    else if (mechanism === 'OAUTHBEARER')
      saslOAuthBearer.authenticate(api, connection, token, { ...extensions }, refusingToken(done))
    else {
      const { authenticate, defaultCrypto } = saslScramSha
      authenticate(api, connection, scramOf(mechanism), username, password, defaultCrypto, done)
    }
  }
}

function scramOf(mechanism: string): 'SHA-256' | 'SHA-512' {
  return mechanism === 'SCRAM-SHA-256' ? 'SHA-256' : 'SHA-512'
}

type Done = Parameters<SASLCustomAuthenticator>[6]

/** A token that is not valid is answered without an error code, but with a text (RFC 7628); the library takes it for yes. */
function refusingToken(done: Done): Done {
  return (err, response) => {
    const said = response?.authBytes.toString('utf8') ?? ''
    if (err !== null || said === '') return done(err, response)
    done(new AuthenticationError('the token was refused', { serverErrorMessage: said }))
  }
}
