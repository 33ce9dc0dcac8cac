import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { absentAs } from '../absent-as.ts'
import { NODE_FILE_SUFFIX, nodeFileName, plainNodeName } from '../node-file-name.ts'
import { replaceFile, syncFolder, TEMP_PREFIX } from '../replace-file.ts'

const CONTAINER_FILE = '.container'
const headerSchema = z.object({ format: z.literal(1), name: z.string(), version: z.int().nonnegative() })

export interface StoredNode {
  readonly version: number
  readonly text: string
}

/** A node's file that does not begin with a header of ours; somebody edited or damaged it. */
export class NodeFileBrokenError extends Error {}

/**
 * One file per node below a folder per kind: a line `{"format":1,"name":…,"version":…}`, then the document.
 *
 * F1 A write is seen whole or not at all, also after kill −9 or a power loss: it goes to a new file, which is synced,
 *    renamed over the old one, and the folder is synced.
 * F2 When `write` or `remove` resolved, it survives a power loss.
 */
export class NodeFiles {
  readonly #dir: string

  constructor(dir: string) {
    this.#dir = dir
  }

  /** Removes what interrupted writes left behind. */
  async clean(): Promise<void> {
    await mkdir(this.#dir, { recursive: true })
    for (const entry of await readdir(this.#dir, { recursive: true, withFileTypes: true })) {
      if (entry.name.startsWith(TEMP_PREFIX)) await rm(join(entry.parentPath, entry.name), { force: true })
    }
  }

  async read(folder: string, name: string): Promise<StoredNode | undefined> {
    const file = join(this.#dir, folder, nodeFileName(name))
    const content = await contentOf(file)
    if (content === undefined) return undefined
    const { header, text } = split(content, file)
    if (header.name !== name) throw new NodeFileBrokenError(`${file} is the file of ${header.name}`)
    return { version: header.version, text }
  }

  async write(folder: string, name: string, node: StoredNode): Promise<void> {
    const header = JSON.stringify({ format: 1, name, version: node.version })
    await replaceFile(join(this.#dir, folder), nodeFileName(name), `${header}\n${node.text}\n`)
  }

  async remove(folder: string, name: string): Promise<void> {
    const parent = join(this.#dir, folder)
    await rm(join(parent, nodeFileName(name)), { force: true })
    await syncFolder(parent)
  }

  /** Names of the nodes of a folder; files that do not tell theirs are left out. */
  async names(folder: string): Promise<readonly string[]> {
    const files = await readdir(join(this.#dir, folder)).catch(absentAs<string[]>([]))
    const nodes = files.filter(file => file.endsWith(NODE_FILE_SUFFIX) && !file.startsWith('.'))
    const names = await Promise.all(nodes.map(file => this.#nameOf(folder, file)))
    return names.filter(name => name !== undefined).toSorted()
  }

  async createContainer(folder: string, text: string): Promise<void> {
    await replaceFile(join(this.#dir, folder), CONTAINER_FILE, text)
  }

  async #nameOf(folder: string, file: string): Promise<string | undefined> {
    const plain = plainNodeName(file)
    if (plain !== undefined) return plain
    try {
      const content = await contentOf(join(this.#dir, folder, file))
      return content === undefined ? undefined : split(content, file).header.name
    } catch (thrown) {
      if (thrown instanceof NodeFileBrokenError) return undefined
      throw thrown
    }
  }
}

function split(content: string, file: string): { header: z.infer<typeof headerSchema>; text: string } {
  const end = content.indexOf('\n')
  try {
    const header = headerSchema.parse(JSON.parse(content.slice(0, Math.max(0, end))))
    return { header, text: content.slice(end + 1).trimEnd() }
  } catch (cause) {
    throw new NodeFileBrokenError(`${file} does not begin with its header`, { cause })
  }
}

function contentOf(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch(absentAs<string | undefined>(undefined))
}
