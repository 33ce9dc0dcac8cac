import { homedir } from 'node:os'
import { join } from 'node:path'

/** Where what test servers are made of is kept between runs. Set `DDMQ_TESTKIT_CACHE` to have it elsewhere. */
export function cacheDir(): string {
  return process.env['DDMQ_TESTKIT_CACHE'] ?? join(xdgCache(), 'ddmq-testkit')
}

function xdgCache(): string {
  return process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache')
}
