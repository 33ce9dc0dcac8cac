import { NodeNameInvalidError } from './errors.ts'
import type { DocumentKind } from './registry.ts'

/** Root of the config tree (common-monitor-deploy.md §2.1). */
export const CONFIG_ROOT = '/carrera/v4/config'

export const DOCUMENT_KINDS = [
  'topic',
  'group',
  'pproxy',
  'cproxy',
  'broker',
] as const satisfies readonly DocumentKind[]

/** The seven container nodes and the text they hold (common-monitor-deploy.md §2.4). */
export const CONTAINER_PATHS = [...DOCUMENT_KINDS, 'monitor/host', 'monitor/assigned'].map(
  name => `${CONFIG_ROOT}/${name}`,
)
export const CONTAINER_TEXT = 'default'

/** The text of ancestors that were made on the way to a node, and of a node before its document (§2.4). */
export const PARENT_TEXT = 'carrera'

/** Texts that hold a node's place until its document is written (§2.4); readers treat them as absent. */
const PLACEHOLDERS: ReadonlySet<string> = new Set([CONTAINER_TEXT, PARENT_TEXT])

const MAX_NAME_LENGTH = 255

/** The path of a document's node. Throws `REGISTRY_NAME_INVALID`. */
export function nodePath(kind: DocumentKind, name: string): string {
  if (name === '' || name.length > MAX_NAME_LENGTH || !name.isWellFormed()) {
    throw new NodeNameInvalidError(
      `${kind} name must be 1 to ${MAX_NAME_LENGTH} characters of well-formed text`,
      { details: { kind, length: name.length } },
    )
  }
  return `${CONFIG_ROOT}/${kind}/${name}`
}

/** Name of a proxy in the tree, `ip:port`: the address others reach it by, which may differ from the one it listens on. */
export function instanceName(proxy: {
  readonly host: string
  readonly advertisedHost?: string | undefined
  readonly port: number
}): string {
  return `${proxy.advertisedHost ?? proxy.host}:${proxy.port}`
}

/** A ZooKeeper address gets the config root appended unless it names it already (§2.1). */
export function configConnectString(address: string): string {
  return address.includes(CONFIG_ROOT) ? address : `${address}${CONFIG_ROOT}`
}

/** Whether a node's text is a placeholder of another writer rather than a document. */
export function isPlaceholder(text: string): boolean {
  return PLACEHOLDERS.has(text)
}
