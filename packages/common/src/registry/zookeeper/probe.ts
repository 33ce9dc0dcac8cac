import { lookup } from 'node:dns/promises'
import { once } from 'node:events'
import { connect } from 'node:net'
import { describeError } from '../../errors/index.ts'
import { RegistryUnavailableError } from '../errors.ts'
import { type ServerName, serverText } from './connect-string.ts'

/** A server that is asked answers within a round trip; one that is frozen never does. */
const ANSWER_MS = 2_000

interface Probed {
  readonly address: string
  /** Why no session can be had there; undefined when it serves. */
  readonly problem: string | undefined
  /** It accepted the connection: perhaps it does not answer the question but gives a session. */
  readonly accepts: boolean
}

/**
 * Looks the names up and asks each server whether it serves (`srvr`, which servers allow by default). Gives the numeric
 * addresses to connect to; throws `REGISTRY_UNAVAILABLE` with one reason for each server when there are none.
 */
export async function probeServers(servers: readonly ServerName[]): Promise<readonly string[]> {
  const probed = (await Promise.all(servers.map(probeServer))).flat()
  const serving = probed.filter(({ problem }) => problem === undefined)
  const usable = serving.length > 0 ? serving : probed.filter(({ accepts }) => accepts)
  if (usable.length > 0) return usable.map(({ address }) => address)
  throw new RegistryUnavailableError(
    probed.map(({ address, problem }) => `${address} ${problem ?? ''}`.trim()).join(', '),
  )
}

async function probeServer(server: ServerName): Promise<readonly Probed[]> {
  try {
    const found = await lookup(server.host, { all: true })
    return await Promise.all(
      found.map(async ({ address }) => probeAddress({ host: address, port: server.port })),
    )
  } catch (thrown) {
    return [
      { address: serverText(server), problem: `cannot be looked up (${codeOf(thrown)})`, accepts: false },
    ]
  }
}

async function probeAddress({ host, port }: ServerName): Promise<Probed> {
  // The C client wants the bare address, also of IPv6: it splits at the last colon.
  const address = `${host}:${port}`
  const socket = connect({ host, port }).setEncoding('utf8')
  let accepts = false
  let answer = ''
  socket.on('connect', () => {
    accepts = true
  })
  socket.on('data', text => {
    answer += String(text)
  })
  const timer = setTimeout(
    () => socket.destroy(new Error(accepts ? 'does not answer' : 'does not accept a connection')),
    ANSWER_MS,
  )
  try {
    const closed = once(socket, 'close')
    socket.end('srvr')
    await closed
    return { address, accepts, problem: problemOf(answer) }
  } catch (thrown) {
    return { address, accepts, problem: codeOf(thrown) }
  } finally {
    clearTimeout(timer)
  }
}

function problemOf(answer: string): string | undefined {
  if (answer.includes('not currently serving')) return 'has no quorum'
  return /^Mode:|not in the whitelist/m.test(answer) ? undefined : 'does not answer as ZooKeeper does'
}

function codeOf(thrown: unknown): string {
  if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ECONNREFUSED')
    return 'refuses the connection'
  return thrown instanceof Error && 'code' in thrown ? String(thrown.code) : describeError(thrown)
}
