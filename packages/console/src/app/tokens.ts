import { refuse } from '../core/problem.ts'
import { hashSecret, randomSecret } from '../core/secrets.ts'
import { InvalidRequestError, NotFoundError } from '../errors.ts'
import type { AppContext } from './context.ts'

export interface TokenInfo {
  readonly name: string
  readonly createdAt: string
}

/** Makes an API token; its text is in this answer and nowhere else. */
export async function createToken(app: AppContext, name: string): Promise<TokenInfo & { token: string }> {
  if (!/^[0-9A-Za-z_.-]{1,64}$/.test(name)) {
    refuse([{ field: 'name', message: 'must be 1 to 64 of a-z, A-Z, 0-9, _, . and -' }])
  }
  const token = `ddmq_${randomSecret()}`
  const createdMs = app.clock.nowMs()
  const inserted = await app.accounts.insertToken(name, hashSecret(token), createdMs)
  if (!inserted) throw new InvalidRequestError(`name: there is a token named ${name}`)
  app.log.info({ tokenName: name }, 'API token created')
  return { name, createdAt: new Date(createdMs).toISOString(), token }
}

export async function listTokens(app: AppContext): Promise<readonly TokenInfo[]> {
  const tokens = await app.accounts.tokens()
  return tokens.map(token => ({ name: token.name, createdAt: new Date(token.createdMs).toISOString() }))
}

export async function revokeToken(app: AppContext, name: string): Promise<void> {
  if (!(await app.accounts.deleteToken(name))) throw new NotFoundError(`there is no token named ${name}`)
  app.log.info({ tokenName: name }, 'API token revoked')
}
