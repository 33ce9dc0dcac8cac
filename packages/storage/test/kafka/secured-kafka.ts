import { pbkdf2Sync, randomBytes } from 'node:crypto'
import {
  type Certificates,
  type KafkaServers,
  type KafkaVersion,
  makeCertificates,
  startKafka,
  tempDir,
} from '@ddmq/testkit'
import { alterUserScramCredentialsV0, Connection } from '@platformatic/kafka'

export const PASSWORD = 'pa55-phrase-of-alice'
const MECHANISMS = 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER'
const LOGIN = 'org.apache.kafka.common.security'

/** One broker that serves every kind of secured listener, with the certificates to reach it. */
export interface SecuredKafka extends AsyncDisposable {
  readonly kafka: KafkaServers
  readonly certificates: Certificates
}

/** Listeners: SASL, SASLTLS (every mechanism), TLS, and MUTUAL, which asks for a client certificate. */
export async function startSecuredKafka(version: KafkaVersion): Promise<SecuredKafka> {
  const dir = await tempDir()
  const certificates = await makeCertificates(dir.path)
  const kafka = await startKafka({
    version,
    listeners: { SASL: 'SASL_PLAINTEXT', SASLTLS: 'SASL_SSL', TLS: 'SSL', MUTUAL: 'SSL' },
    settings: {
      ...logins('sasl'),
      ...logins('sasltls'),
      ...encryption('sasltls', certificates),
      ...encryption('tls', certificates),
      ...encryption('mutual', certificates),
      'listener.name.mutual.ssl.client.auth': 'required',
      'connections.max.reauth.ms': '4000',
    },
  })
  return {
    kafka,
    certificates,
    async [Symbol.asyncDispose]() {
      await kafka[Symbol.asyncDispose]()
      await dir[Symbol.asyncDispose]()
    },
  }
}

function logins(listener: string): Readonly<Record<string, string>> {
  const at = `listener.name.${listener}`
  return {
    [`${at}.sasl.enabled.mechanisms`]: MECHANISMS,
    [`${at}.plain.sasl.jaas.config`]: `${LOGIN}.plain.PlainLoginModule required user_alice="${PASSWORD}";`,
    [`${at}.scram-sha-256.sasl.jaas.config`]: `${LOGIN}.scram.ScramLoginModule required;`,
    [`${at}.scram-sha-512.sasl.jaas.config`]: `${LOGIN}.scram.ScramLoginModule required;`,
    [`${at}.oauthbearer.sasl.jaas.config`]: `${LOGIN}.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";`,
  }
}

function encryption(listener: string, { caFile, server }: Certificates): Readonly<Record<string, string>> {
  const at = `listener.name.${listener}.ssl`
  return {
    [`${at}.keystore.type`]: 'PEM',
    [`${at}.keystore.location`]: server.bothFile,
    [`${at}.truststore.type`]: 'PEM',
    [`${at}.truststore.location`]: caFile,
  }
}

/** Gives a user a password for both kinds of SCRAM. */
export async function createScramUser(kafka: KafkaServers, user: string, password: string): Promise<void> {
  const connection = new Connection('tester')
  const [host = '', port] = kafka.directServers.split(':')
  await connection.connect(host, Number(port))
  const iterations = 4096
  const credential = (mechanism: number, digest: string, bytes: number) => {
    const salt = randomBytes(16)
    return {
      name: user,
      mechanism,
      iterations,
      salt,
      saltedPassword: pbkdf2Sync(password, salt, iterations, bytes, digest),
    }
  }
  await alterUserScramCredentialsV0.api.async(connection, [], [credential(1, 'sha256', 32)])
  await alterUserScramCredentialsV0.api.async(connection, [], [credential(2, 'sha512', 64)])
  await connection.close()
}

/** A token that Kafka's unsecured validator takes: unsigned, of that subject, for so long. */
export function unsecuredToken(subject: string, lifetimeMs: number): string {
  const nowSeconds = Date.now() / 1000
  const claims = { sub: subject, iat: nowSeconds, exp: nowSeconds + lifetimeMs / 1000 }
  return `${part({ alg: 'none' })}.${part(claims)}.`
}

function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
