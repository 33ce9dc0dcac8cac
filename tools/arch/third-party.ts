import { readFileSync } from 'node:fs'

/** Third-party clients and the one folder that may import each (architecture §2, house rule D8). */
const ADAPTER_FOLDERS: Readonly<Record<string, string>> = {
  'rocksdb-native': 'packages/storage/src/rocksdb/',
  '@platformatic/kafka': 'packages/storage/src/kafka/',
  // Loses acknowledged messages: an independent witness in tests only (ADR 0007).
  kafkajs: 'packages/storage/test/kafka/',
  undici: 'packages/consumer-proxy/src/adapters/http-push/',
  kysely: 'packages/console/src/adapters/',
  mysql2: 'packages/console/src/adapters/database/mysql/',
  'node:sqlite': 'packages/console/src/adapters/',
  express: 'packages/console/src/api/',
  'prom-client': 'packages/common/src/metrics/',
  pino: 'packages/common/src/log/',
  'pino-pretty': 'packages/common/src/log/',
  yaml: 'packages/common/src/config/',
  commander: 'packages/cli/src/',
}

/** What we are measured against uses the clients bare. */
const PEERS = 'packages/bench/src/peers/'

const IMPORT = /(?:from|import)\s*\(?\s*'([^'.][^']*)'/g

/** Imports in one source file that belong into another folder, in words. */
export function misplacedImports(file: string, text = readFileSync(file, 'utf8')): readonly string[] {
  if (file.startsWith(PEERS)) return []
  return [...text.matchAll(IMPORT)]
    .map(([, specifier = '']) => packageOf(specifier))
    .filter(name => name in ADAPTER_FOLDERS && !file.startsWith(ADAPTER_FOLDERS[name] ?? ''))
    .map(name => `${file} imports ${name}, which only ${ADAPTER_FOLDERS[name]} may`)
}

function packageOf(specifier: string): string {
  if (specifier.startsWith('node:')) return specifier
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}
