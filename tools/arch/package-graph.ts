/** Which workspace package may depend on which (architecture §2). A package that is not listed fails the test: list it on purpose. */
export const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  '@ddmq/common': [],
  '@ddmq/storage': ['@ddmq/common'],
  '@ddmq/producer-proxy': ['@ddmq/common', '@ddmq/storage'],
  '@ddmq/consumer-proxy': ['@ddmq/common', '@ddmq/storage'],
  '@ddmq/chronos': ['@ddmq/common', '@ddmq/storage'],
  '@ddmq/console': ['@ddmq/common', '@ddmq/storage'],
  '@ddmq/sdk': [],
  '@ddmq/bench': ['@ddmq/chronos', '@ddmq/common', '@ddmq/storage', '@ddmq/testkit'],
  '@ddmq/testkit': ['@ddmq/common'],
  '@ddmq/dev-cluster': ['@ddmq/common', '@ddmq/testkit'],
  '@ddmq/cli': [
    '@ddmq/bench',
    '@ddmq/chronos',
    '@ddmq/common',
    '@ddmq/console',
    '@ddmq/consumer-proxy',
    '@ddmq/producer-proxy',
    '@ddmq/sdk',
    '@ddmq/storage',
  ],
}

/** Packages that only tests and builds may use: the SDK bundles `common` into its published files. */
const DEV_ONLY: Readonly<Record<string, readonly string[]>> = {
  '*': ['@ddmq/testkit'],
  '@ddmq/sdk': ['@ddmq/common'],
}

export interface Manifest {
  readonly name: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

/** Every dependency that the graph does not allow, in words. */
export function violations(manifest: Manifest): readonly string[] {
  const allowed = ALLOWED[manifest.name]
  if (allowed === undefined) return [`${manifest.name} is not in the package graph`]
  const allowedInTests = [...allowed, ...(DEV_ONLY['*'] ?? []), ...(DEV_ONLY[manifest.name] ?? [])]
  return [
    ...internal(manifest.dependencies).filter(name => !allowed.includes(name)),
    ...internal(manifest.devDependencies).filter(name => !allowedInTests.includes(name)),
  ].map(name => `${manifest.name} must not depend on ${name}`)
}

function internal(dependencies: Readonly<Record<string, string>> = {}): readonly string[] {
  return Object.keys(dependencies).filter(name => name.startsWith('@ddmq/'))
}
