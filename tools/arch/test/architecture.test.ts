import { spawnSync } from 'node:child_process'
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { ALLOWED, type Manifest, violations } from '../package-graph.ts'
import { misplacedImports } from '../third-party.ts'

const root = resolve(import.meta.dirname, '../../..')
const packages = globSync(['packages/*/package.json', 'packages/sdk/*/package.json'], { cwd: root }).map(
  file => ({
    dir: dirname(file),
    manifest: JSON.parse(readFileSync(join(root, file), 'utf8')) as Manifest,
  }),
)
const sources = globSync('packages/**/src/**/*.ts', {
  cwd: root,
  exclude: path => path.includes('node_modules') || path.includes('/dist/'),
})

describe('package graph', () => {
  test.each(packages)('$manifest.name depends only on what is allowed', ({ manifest }) => {
    expect(violations(manifest)).toEqual([])
  })

  test('every allowed package exists', () => {
    expect(Object.keys(ALLOWED).toSorted()).toEqual(packages.map(({ manifest }) => manifest.name).toSorted())
  })

  test('a service that depends on another service is found', () => {
    const planted: Manifest = {
      name: '@ddmq/console',
      dependencies: { '@ddmq/producer-proxy': 'workspace:*' },
    }

    expect(violations(planted)).toEqual(['@ddmq/console must not depend on @ddmq/producer-proxy'])
  })

  test.each(packages)(
    'the project references of $manifest.name are its dependencies',
    ({ dir, manifest }) => {
      const config: { references?: { path: string }[] } = JSON.parse(
        readFileSync(join(root, dir, 'tsconfig.json'), 'utf8'),
      )
      const referenced = (config.references ?? []).map(reference =>
        relative(root, resolve(root, dir, reference.path)),
      )
      const built = {
        ...manifest.dependencies,
        ...(manifest.name === '@ddmq/sdk' ? manifest.devDependencies : {}),
      }
      const expected = packages.filter(
        ({ manifest: { name } }) =>
          name in built && (name !== '@ddmq/testkit' || name in (manifest.dependencies ?? {})),
      )

      expect(referenced.toSorted()).toEqual(expected.map(other => other.dir).toSorted())
    },
  )
})

describe('third-party clients', () => {
  test('each is imported in its one folder', () => {
    expect(sources.flatMap(file => misplacedImports(file, readFileSync(join(root, file), 'utf8')))).toEqual(
      [],
    )
  })

  test('an import elsewhere is found', () => {
    const planted = "import { request } from 'undici'\n"

    expect(misplacedImports('packages/producer-proxy/src/app/send-sync.ts', planted)).toHaveLength(1)
  })
})

describe('folders of a service', () => {
  test.each([
    ['core', 'adapters', "import { x } from '../adapters/x.ts'\nexport const y = x\n"],
    ['core', 'the clock of the machine', 'export const now = (): number => Date.now()\n'],
    ['app', 'adapters', "import { x } from '../adapters/x.ts'\nexport const y = x\n"],
  ])('the linter finds %s reaching for %s', (folder, _, planted) => {
    const dir = join(root, 'packages/producer-proxy/src', folder, 'planted-violation')
    mkdirSync(dir, { recursive: true })
    onTestFinished(() => rmSync(dir, { recursive: true }))
    writeFileSync(join(dir, 'planted.ts'), planted.replace('../adapters', '../../adapters'))

    const { stdout } = spawnSync(
      process.execPath,
      [join(root, 'node_modules/oxlint/bin/oxlint'), join(dir, 'planted.ts')],
      { cwd: root, encoding: 'utf8' },
    )

    expect(stdout).toMatch(/no-restricted-(imports|properties)/)
  })

  test('no source reaches into another package by path', () => {
    const reaching = sources.filter(file =>
      /from '(\.\.\/)+[a-z-]+\/src\//.test(readFileSync(join(root, file), 'utf8')),
    )

    expect(reaching).toEqual([])
  })
})
