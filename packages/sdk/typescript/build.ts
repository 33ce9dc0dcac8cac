/**
 * Makes `dist/npm`, the folder that is published: one JavaScript file per entry point with the wire code bundled in, the
 * declarations the entry points reach, and a package.json without development parts. It has no runtime dependency.
 */
import { execFile } from 'node:child_process'
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { promisify } from 'node:util'
import { build } from 'esbuild'

const ROOT = import.meta.dirname
const WORKSPACE = join(ROOT, '../../..')
const COMPILED = join(ROOT, 'dist')
const OUT = join(COMPILED, 'npm')
const ENTRIES = ['index', 'testing/index'] as const

await rm(OUT, { recursive: true, force: true })
await promisify(execFile)(join(WORKSPACE, 'node_modules/.bin/tsc'), ['-b', ROOT])
await build({
  entryPoints: ENTRIES.map(entry => join(ROOT, 'src', `${entry}.ts`)),
  outdir: OUT,
  outbase: join(ROOT, 'src'),
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  conditions: ['@ddmq/source'],
})
for (const declaration of await reachableDeclarations()) {
  const target = join(OUT, relative(COMPILED, declaration))
  await mkdir(dirname(target), { recursive: true })
  await copyFile(declaration, target)
}
await writeFile(join(OUT, 'package.json'), `${JSON.stringify(await publishedManifest(), undefined, 2)}\n`)
await copyFile(join(ROOT, 'README.md'), join(OUT, 'README.md'))
await copyFile(join(WORKSPACE, 'LICENSE'), join(OUT, 'LICENSE'))

/** Follows the imports from the entry points; an import that leaves the package would break its users, so it fails the build. */
async function reachableDeclarations(): Promise<readonly string[]> {
  const found = new Set(ENTRIES.map(entry => join(COMPILED, `${entry}.d.ts`)))
  for (const file of found) {
    const text = await readFile(file, 'utf8')
    for (const [, specifier = ''] of text.matchAll(/(?:from|import\()\s*['"]([^'"]+)['"]/g)) {
      if (!specifier.startsWith('.')) throw new Error(`${file} mentions ${specifier}, which is not published`)
      found.add(join(dirname(file), specifier.replace(/\.[jt]s$/, '.d.ts')))
    }
  }
  return [...found]
}

async function publishedManifest(): Promise<object> {
  const manifest: unknown = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'))
  if (typeof manifest !== 'object') throw new Error('package.json is not an object')
  const {
    devDependencies: _,
    scripts: __,
    publishConfig: ___,
    ...kept
  } = { ...manifest } as Record<string, unknown>
  return {
    ...kept,
    exports: Object.fromEntries(
      ENTRIES.map(entry => [
        join('.', dirname(entry)) === '.' ? '.' : `./${dirname(entry)}`,
        { types: `./${entry}.d.ts`, default: `./${entry}.js` },
      ]),
    ),
  }
}
