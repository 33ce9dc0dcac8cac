import type { Clock } from '@ddmq/common/clock'
import type { AccountStore } from '../core/ports.ts'
import { hashPassword, hashSecret, passwordMatches, randomPassword, randomSecret } from '../core/secrets.ts'
import { SignInLimit } from '../core/sign-in-limit.ts'
import { TooManyAttemptsError } from '../errors.ts'

/**
 * Who is calling: people by name and password, then by a session cookie; programs by a token. Only hashes are stored;
 * the operator's token lives in memory.
 */
export class Identity {
  readonly #accounts: AccountStore
  readonly #clock: Clock
  readonly #sessionMs: number
  readonly #limit = new SignInLimit()
  readonly #operatorHash: string
  /** Compared with when the name is unknown, so that the time of the answer does not tell names apart. */
  #nobodyHash: Promise<string> | undefined

  constructor(options: {
    accounts: AccountStore
    clock: Clock
    sessionMs: number
    operatorToken: string
  }) {
    this.#accounts = options.accounts
    this.#clock = options.clock
    this.#sessionMs = options.sessionMs
    this.#operatorHash = hashSecret(options.operatorToken)
  }

  /** Secret of a new session, or undefined for a wrong name or password. Throws `CONSOLE_TOO_MANY_ATTEMPTS`. */
  async signIn(name: string, password: string, clientAddress: string): Promise<string | undefined> {
    const key = `${clientAddress} ${name}`
    const waitMs = this.#limit.waitMs(key, this.#clock.nowMs())
    if (waitMs > 0) {
      throw new TooManyAttemptsError(`too many tries; try again in ${Math.ceil(waitMs / 1000)} s`)
    }
    this.#limit.tried(key, this.#clock.nowMs())
    const stored = await this.#accounts.passwordHash(name)
    this.#nobodyHash ??= hashPassword(randomSecret())
    const matches = await passwordMatches(password, stored ?? (await this.#nobodyHash))
    if (stored === undefined || !matches) return undefined
    this.#limit.succeeded(key)
    const secret = randomSecret()
    const nowMs = this.#clock.nowMs()
    await this.#accounts.deleteExpiredSessions(nowMs)
    await this.#accounts.putSession(hashSecret(secret), name, nowMs + this.#sessionMs)
    return secret
  }

  async signOut(secret: string): Promise<void> {
    await this.#accounts.deleteSession(hashSecret(secret))
  }

  /** Name of the account whose session this is. */
  accountOf(secret: string): Promise<string | undefined> {
    return this.#accounts.sessionAccount(hashSecret(secret), this.#clock.nowMs())
  }

  /** Name of the token's holder. */
  async holderOf(token: string): Promise<string | undefined> {
    const hash = hashSecret(token)
    if (hash === this.#operatorHash) return 'operator'
    return this.#accounts.tokenName(hash)
  }
}

export interface FirstPassword {
  readonly user: string
  readonly password: string
}

/** Stores the configured accounts; where there is none at all, makes `admin` and answers its password, once. */
export async function ensureAdministrators(
  accounts: AccountStore,
  configured: readonly { readonly name: string; readonly password: string }[],
): Promise<FirstPassword | undefined> {
  for (const { name, password } of configured) {
    const stored = await accounts.passwordHash(name)
    if (stored !== undefined && (await passwordMatches(password, stored))) continue
    await accounts.putAccount(name, await hashPassword(password))
  }
  if ((await accounts.accountNames()).length > 0) return undefined
  const first = { user: 'admin', password: randomPassword() }
  await accounts.putAccount(first.user, await hashPassword(first.password))
  return first
}
