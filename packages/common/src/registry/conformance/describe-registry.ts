import { describe } from 'vitest'
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
  open(): Promise<RegistryFixture>
}

/** What every implementation of the config tree does; run it against the real thing. */
export function describeRegistry(harness: RegistryHarness): void {
  describe(`Registry conformance: ${harness.name}`, () => {})
}
