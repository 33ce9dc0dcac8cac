import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from './run.ts'

/** PEM files of a small world: an authority, a server and a client that it signed, and an authority nobody trusts. */
export interface Certificates {
  readonly caFile: string
  /** For 127.0.0.1 and localhost. */
  readonly server: CertificateFiles
  readonly client: CertificateFiles
  readonly strangerCaFile: string
  /** Of the same subject as `client`, signed by the stranger. */
  readonly stranger: CertificateFiles
}

interface CertificateFiles {
  readonly certFile: string
  readonly keyFile: string
  /** Key and certificate, as Java servers read a PEM key store. */
  readonly bothFile: string
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2']
const SERVER_NAMES = 'subjectAltName=IP:127.0.0.1,DNS:localhost'

/** Makes them with `openssl` in a folder of the test. */
export async function makeCertificates(dir: string): Promise<Certificates> {
  const ca = await authority(dir, 'ca')
  const strangerCa = await authority(dir, 'stranger-ca')
  const [server, client, stranger] = await Promise.all([
    signed(dir, { name: 'server', subject: '/CN=server', ca, names: SERVER_NAMES }),
    signed(dir, { name: 'client', subject: '/CN=client', ca }),
    signed(dir, { name: 'stranger', subject: '/CN=client', ca: strangerCa }),
  ])
  return { caFile: ca.certFile, server, client, strangerCaFile: strangerCa.certFile, stranger }
}

async function authority(dir: string, name: string): Promise<CertificateFiles> {
  return certificate(dir, name, ['-subj', `/CN=${name}`])
}

async function signed(
  dir: string,
  wanted: {
    readonly name: string
    readonly subject: string
    readonly ca: CertificateFiles
    readonly names?: string
  },
): Promise<CertificateFiles> {
  const { name, subject, ca, names } = wanted
  const extensions = ['basicConstraints=CA:FALSE', ...(names === undefined ? [] : [names])]
  return certificate(dir, name, [
    '-CA',
    ca.certFile,
    '-CAkey',
    ca.keyFile,
    '-subj',
    subject,
    ...extensions.flatMap(extension => ['-addext', extension]),
  ])
}

async function certificate(dir: string, name: string, args: readonly string[]): Promise<CertificateFiles> {
  const certFile = join(dir, `${name}.pem`)
  const keyFile = join(dir, `${name}.key`)
  const bothFile = join(dir, `${name}.both.pem`)
  await run('openssl', ['req', '-x509', ...NEW_KEY, '-keyout', keyFile, '-out', certFile, ...args])
  await writeFile(bothFile, `${await readFile(keyFile, 'utf8')}${await readFile(certFile, 'utf8')}`)
  return { certFile, keyFile, bothFile }
}
