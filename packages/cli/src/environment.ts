import { homedir } from 'node:os'
import { join } from 'node:path'

type Variables = Readonly<Record<string, string | undefined>>

/** Where a DDMQ of this user keeps its data when `--data` does not say: one folder per port offset. */
export function defaultDataDir(env: Variables, portOffset: number): string {
  return join(dataHome(env), portOffset === 0 ? 'default' : `offset-${portOffset}`)
}

/** Where `up` leaves its addresses and its operator token for the commands of the same user. */
export function runFilePath(env: Variables, consolePort: number): string {
  return join(dataHome(env), 'run', `${consolePort}.json`)
}

function dataHome(env: Variables): string {
  const { XDG_DATA_HOME: xdg } = env
  return join(xdg === undefined || xdg === '' ? join(homedir(), '.local', 'share') : xdg, 'ddmq')
}
