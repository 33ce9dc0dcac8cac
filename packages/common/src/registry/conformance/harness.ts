import type { Registry } from '../registry.ts'

export interface RegistryFixture extends AsyncDisposable {
  /** Started, on an empty tree without containers. */
  readonly registry: Registry
  /** Writes a node's text as another writer would, past all checks. */
  writeRaw(path: string, text: string): Promise<void>
  /** The stored text of a node, without anything of the implementation's own. */
  readRaw(path: string): Promise<string | undefined>
}

export interface RegistryHarness {
  readonly name: string
  /** Opens an empty tree of its own for each call. */
  readonly open: () => Promise<RegistryFixture>
}
