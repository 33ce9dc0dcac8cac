import { spawnSync } from 'node:child_process'
import { pbkdf2Sync, randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { kafkaMissing, missingPrograms } from '@ddmq/testkit'
import {
  AclOperations,
  AclPermissionTypes,
  alterUserScramCredentialsV0,
  Connection,
  createAclsV3,
  ResourcePatternTypes,
  ResourceTypes,
  ScramMechanisms,
} from '@platformatic/kafka'

const MODULES = 'org.apache.kafka.common.security'

/** Why a secured broker cannot run here; undefined where it can. */
export function securedMissing(): string | undefined {
  return kafkaMissing() ?? missingPrograms('openssl')
}

export interface Certificates {
  readonly caFile: string
  readonly keystoreFile: string
}

/** A certificate for 127.0.0.1 that signs itself. */
export async function certificates(dir: string): Promise<Certificates> {
  const [keyFile, caFile, keystoreFile] = ['key.pem', 'ca.pem', 'keystore.pem'].map(name => join(dir, name))
  if (keyFile === undefined || caFile === undefined || keystoreFile === undefined) throw new Error('no files')
  const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=broker']
  const files = ['-keyout', keyFile, '-out', caFile, '-addext', 'subjectAltName=IP:127.0.0.1,DNS:broker.test']
  const { status, stderr } = spawnSync('openssl', [...request, ...files], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`openssl: ${stderr}`)
  await writeFile(keystoreFile, (await readFile(keyFile, 'utf8')) + (await readFile(caFile, 'utf8')))
  return { caFile, keystoreFile }
}

/** Clients need TLS and a user; the brokers among themselves, and tools at `directServers`, need neither and may do all. */
export function securedSettings({ keystoreFile }: Certificates): Record<string, string> {
  const scram = `${MODULES}.scram.ScramLoginModule required;`
  return {
    'listener.security.protocol.map': 'CLIENT:SASL_SSL,BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'listener.name.client.ssl.keystore.type': 'PEM',
    'listener.name.client.ssl.keystore.location': keystoreFile,
    'listener.name.client.sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER',
    'listener.name.client.plain.sasl.jaas.config': `${MODULES}.plain.PlainLoginModule required user_plain="right";`,
    'listener.name.client.scram-sha-256.sasl.jaas.config': scram,
    'listener.name.client.scram-sha-512.sasl.jaas.config': scram,
    'listener.name.client.oauthbearer.sasl.jaas.config': `${MODULES}.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";`,
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users': 'User:ANONYMOUS;User:plain;User:scram;User:token',
  }
}

function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

/** A token that a broker without a configured issuer believes. */
export function unsignedToken(subject: string): string {
  const nowSeconds = Math.floor(Date.now() / 1000)
  return `${part({ alg: 'none' })}.${part({ sub: subject, iat: nowSeconds, exp: nowSeconds + 600 })}.`
}

const ITERATIONS = 4096

/** Makes a user known who proves the password by SCRAM. */
export async function createScramUser(directServers: string, name: string, password: string): Promise<void> {
  const connection = new Connection('test')
  const [host = '', port = ''] = directServers.split(':')
  await connection.connect(host, Number(port))
  // One user at a time: a request may not name the same twice.
  const credentials = [
    { mechanism: ScramMechanisms.SCRAM_SHA_256, digest: 'sha256', bytes: 32 },
    { mechanism: ScramMechanisms.SCRAM_SHA_512, digest: 'sha512', bytes: 64 },
  ].map(({ mechanism, digest, bytes }) => {
    const salt = randomBytes(16)
    const saltedPassword = pbkdf2Sync(password, salt, ITERATIONS, bytes, digest)
    return { name, mechanism, iterations: ITERATIONS, salt, saltedPassword }
  })
  for (const credential of credentials)
    await alterUserScramCredentialsV0.api.async(connection, [], [credential])
  await connection.close()
}

/** Allows a user exactly these operations, on everything whose name begins with the prefix; `''` is the cluster itself. */
export async function allow(
  directServers: string,
  user: string,
  allowed: readonly {
    readonly type: keyof typeof ResourceTypes
    readonly prefix: string
    readonly operations: readonly (keyof typeof AclOperations)[]
  }[],
): Promise<void> {
  const connection = new Connection('test')
  const [host = '', port = ''] = directServers.split(':')
  await connection.connect(host, Number(port))
  const creations = allowed.flatMap(({ type, prefix, operations }) =>
    operations.map(operation => ({
      resourceType: ResourceTypes[type],
      resourceName: prefix === '' ? 'kafka-cluster' : prefix,
      resourcePatternType: prefix === '' ? ResourcePatternTypes.LITERAL : ResourcePatternTypes.PREFIXED,
      principal: `User:${user}`,
      host: '*',
      operation: AclOperations[operation],
      permissionType: AclPermissionTypes.ALLOW,
    })),
  )
  await createAclsV3.api.async(connection, creations)
  await connection.close()
}
