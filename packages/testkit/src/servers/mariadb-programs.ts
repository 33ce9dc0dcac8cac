import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { debianPackage } from './debian-packages.ts'
import { findProgram, missingPrograms } from './requirement.ts'

const PACKAGE = 'mariadb-server-core'
/** Where Debian keeps the libraries of a processor. */
const TRIPLETS: Partial<Record<NodeJS.Architecture, string>> = {
  x64: 'x86_64-linux-gnu',
  arm64: 'aarch64-linux-gnu',
}

export interface MariaDbPrograms {
  /** The server. */
  readonly mariadbd: string
  /** Folder that holds `share/mysql`. */
  readonly base: string
  readonly env: Readonly<Record<string, string>>
}

/** The installed MariaDB, else the one of the Debian package, which is fetched once. */
export async function mariaDbPrograms(): Promise<MariaDbPrograms> {
  const installed = findProgram('mariadbd', ['/usr/sbin', '/usr/local/sbin'])
  if (installed !== undefined) return { mariadbd: installed, base: dirname(dirname(installed)), env: {} }
  const root = await debianPackage(PACKAGE)
  return {
    mariadbd: join(root, 'usr/sbin/mariadbd'),
    base: join(root, 'usr'),
    env: { LD_LIBRARY_PATH: join(root, 'usr/lib', TRIPLETS[process.arch] ?? '') },
  }
}

/** Why there can be no MariaDB on this machine; undefined where there is one, fetched by now. */
export async function mariaDbMissing(): Promise<string | undefined> {
  const needed = missingPrograms('setpriv')
  if (needed !== undefined) return needed
  try {
    await mariaDbPrograms()
    return undefined
  } catch (thrown) {
    const [line] = String(thrown instanceof Error ? thrown.message : thrown).split('\n')
    return `needs mariadbd, or the Debian package ${PACKAGE}: ${line}`
  }
}

/** Statements that fill an empty data folder with the system tables, one complete statement per line or delimiter. */
export async function systemTables({ base }: MariaDbPrograms): Promise<string> {
  const scripts = ['mysql_system_tables.sql', 'mysql_performance_tables.sql', 'mysql_system_tables_data.sql']
  const texts = await Promise.all(scripts.map(script => readFile(join(base, 'share/mysql', script), 'utf8')))
  return [
    'CREATE DATABASE IF NOT EXISTS mysql;',
    'USE mysql;',
    'SET @auth_root_socket = NULL;',
    'SET @skip_auth_anonymous = 1;',
    ...texts,
  ].join('\n')
}
