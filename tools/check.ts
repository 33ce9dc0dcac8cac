/** Everything that can be said about the tree without running the product: format, lint, types, dead code, architecture. */
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..')
const require = createRequire(join(root, 'package.json'))

/** The script behind a package's command, run by this Node whatever is first in PATH. */
function command(packageName: string, bin: string): string {
  const manifestPath = globSync(`node_modules/${packageName}/package.json`, { cwd: root }).at(0)
  if (manifestPath === undefined) throw new Error(`${packageName} is not installed: run ./ddmq check`)
  const manifest: { bin: string | Record<string, string> } = require(join(root, manifestPath))
  const file = typeof manifest.bin === 'string' ? manifest.bin : manifest.bin[bin]
  if (file === undefined) throw new Error(`${packageName} has no command ${bin}`)
  return join(root, dirname(manifestPath), file)
}

const tsc = command('typescript', 'tsc')
const testProjects = globSync(['packages/*/test/tsconfig.json', 'packages/sdk/*/test/tsconfig.json'], {
  cwd: root,
})

const steps: readonly (readonly [name: string, file: string, ...args: string[]])[] = [
  ['format and import order', command('@biomejs/biome', 'biome'), 'check', '.'],
  ['lint', command('oxlint', 'oxlint'), '--type-aware'],
  ['types', tsc, '-b', '--force'],
  ...[...testProjects, 'tools/tsconfig.json'].map(
    project => [`types of ${dirname(project)}`, tsc, '-p', project] as const,
  ),
  ['unused code and dependencies', command('knip', 'knip')],
  ['architecture', command('vitest', 'vitest'), 'run', 'tools', '--reporter=dot'],
]

const failed: string[] = []
for (const [name, file, ...args] of steps) {
  const startMs = performance.now()
  const { status } = spawnSync(process.execPath, [file, ...args], { cwd: root, stdio: 'inherit' })
  console.log(
    `${status === 0 ? 'ok    ' : 'FAILED'} ${name} (${((performance.now() - startMs) / 1000).toFixed(1)} s)`,
  )
  if (status !== 0) failed.push(name)
}
if (failed.length > 0) {
  console.error(`check failed: ${failed.join(', ')}`)
  process.exit(1)
}
