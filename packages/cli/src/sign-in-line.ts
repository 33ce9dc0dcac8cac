import type { ConsoleService } from '@ddmq/console'

/** The first administrator's password, in the run that made it. */
export function signInLine({ firstPassword }: ConsoleService): readonly string[] {
  if (firstPassword === undefined) return []
  const { user, password } = firstPassword
  return [`sign in as       ${user} with password ${password} (shown this once)`]
}
