import { describe } from 'vitest'
import { failingListenerSuite } from './failing-listener-suite.ts'
import type { RegistryHarness } from './harness.ts'
import { nodeSuite } from './node-suite.ts'
import { rejectionSuite } from './rejection-suite.ts'
import { versionSuite } from './version-suite.ts'
import { watchSuite } from './watch-suite.ts'
import { writingListenerSuite } from './writing-listener-suite.ts'

/** What every implementation of the config tree does; run it against the real thing, never a mock. */
export function describeRegistry(harness: RegistryHarness): void {
  describe(`Registry conformance: ${harness.name}`, () => {
    nodeSuite(harness)
    versionSuite(harness)
    watchSuite(harness)
    failingListenerSuite(harness)
    writingListenerSuite(harness)
    rejectionSuite(harness)
  })
}
