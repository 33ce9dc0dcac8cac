import { DocumentInvalidError, NodeNameInvalidError } from '../errors.ts'
import { parseDocument } from '../parse-document.ts'
import { CONFIG_ROOT, CONTAINER_PATHS, CONTAINER_TEXT, DOCUMENT_KINDS, isPlaceholder } from '../paths.ts'
import type { DocumentKind, Registry } from '../registry.ts'
import { serializeDocument } from '../serialize-document.ts'
import type { RawTree } from './raw-tree.ts'

/**
 * The documents of any `Registry` as nodes, in their canonical text. Containers and ancestors are there; other nodes are not,
 * and writing one that is neither a document nor a container is refused.
 */
export function documentTree(registry: Registry): RawTree {
  return {
    async children(path) {
      if (path === CONFIG_ROOT) return DOCUMENT_KINDS.toSorted()
      const kind = DOCUMENT_KINDS.find(candidate => path === `${CONFIG_ROOT}/${candidate}`)
      return kind === undefined ? [] : registry.list(kind)
    },
    async read(path) {
      if (isContainer(path)) return Buffer.from(CONTAINER_TEXT)
      const document = documentAt(path)
      return document === undefined ? undefined : read(registry, document.kind, document.name)
    },
    async write(path, data) {
      const text = Buffer.from(data).toString()
      if (isContainer(path) || isPlaceholder(text)) return
      const document = documentAt(path)
      if (document === undefined) throw new NodeNameInvalidError(`${path} is the path of no document`)
      await registry.put(document.kind, document.name, parseDocument(document.kind, document.name, text))
    },
  }
}

async function read(registry: Registry, kind: DocumentKind, name: string): Promise<Uint8Array | undefined> {
  try {
    const current = await registry.get(kind, name)
    return current === undefined ? undefined : Buffer.from(serializeDocument(kind, current.value))
  } catch (thrown) {
    // What cannot be used is as good as absent: an import may replace it.
    if (thrown instanceof DocumentInvalidError) return undefined
    throw thrown
  }
}

function isContainer(path: string): boolean {
  return path === CONFIG_ROOT || path === `${CONFIG_ROOT}/monitor` || CONTAINER_PATHS.includes(path)
}

function documentAt(path: string): { readonly kind: DocumentKind; readonly name: string } | undefined {
  const [kind, ...rest] = path.slice(CONFIG_ROOT.length + 1).split('/')
  const known = DOCUMENT_KINDS.find(candidate => candidate === kind)
  return known === undefined || rest.length === 0 ? undefined : { kind: known, name: rest.join('/') }
}
