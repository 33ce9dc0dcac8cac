import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { bytes, ConfigError, type ConfigSources, durationMs, loadConfig } from '@ddmq/common/config'
import { tempDir } from '@ddmq/testkit'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'

const schema = z.strictObject({
  thrift: z
    .strictObject({ port: z.int().min(1).default(9613), frameBytes: bytes().prefault('16MiB') })
    .prefault({}),
  store: z.strictObject({ dir: z.string().min(1), lookAheadMs: durationMs().default(300_000) }),
  labels: z.record(z.string(), z.string()).default({}),
  hosts: z.array(z.string()).default([]),
  adminToken: z.string().optional(),
  debug: z.boolean().default(false),
})

function load(sources: Partial<ConfigSources>): z.output<typeof schema> {
  return loadConfig(schema, { env: {}, envPrefix: 'DDMQ_CHRONOS', ...sources })
}

function problemsOf(sources: Partial<ConfigSources>): ConfigError {
  try {
    load(sources)
  } catch (thrown) {
    if (thrown instanceof ConfigError) return thrown
    throw thrown
  }
  throw new Error('expected a ConfigError')
}

async function withFile(text: string, use: (file: string) => void | Promise<void>): Promise<void> {
  await using dir = await tempDir()
  const file = join(dir.path, 'chronos.yaml')
  await writeFile(file, text)
  await use(file)
}

describe('sources', () => {
  test('defaults < base < file < environment < flags, key by key', async () => {
    await withFile('store:\n  dir: /file\n  lookAheadMs: 2s\ndebug: true\n', file => {
      const config = load({
        base: { store: { dir: '/base' }, hosts: ['base'], thrift: { port: 1 } },
        file,
        env: { DDMQ_CHRONOS__STORE__LOOK_AHEAD_MS: '3s', DDMQ_CHRONOS__THRIFT__PORT: '2' },
        flags: { thrift: { port: 3, frameBytes: undefined } },
      })

      expect(config).toEqual({
        thrift: { port: 3, frameBytes: 16_777_216 },
        store: { dir: '/file', lookAheadMs: 3_000 },
        labels: {},
        hosts: ['base'],
        debug: true,
      })
    })
  })

  test('environment names ignore case and underscores, and values are typed by the schema', () => {
    const config = load({
      env: {
        DDMQ_CHRONOS__STORE__DIR: '007',
        DDMQ_CHRONOS__store__lookaheadms: '1.5m',
        DDMQ_CHRONOS__DEBUG: 'true',
        DDMQ_CHRONOS__HOSTS: '[a, b]',
        DDMQ_CHRONOS__LABELS__idc: 'default',
        DDMQ_CHRONOS__ADMIN_TOKEN: '12: [',
        DDMQ_PROXY__STORE__DIR: 'of another service',
        PATH: '/bin',
      },
    })

    expect(config).toMatchObject({
      store: { dir: '007', lookAheadMs: 90_000 },
      debug: true,
      hosts: ['a', 'b'],
      labels: { idc: 'default' },
      adminToken: '12: [',
    })
  })

  test('an empty file sets nothing', async () => {
    await withFile('# nothing\n', file => {
      expect(load({ file, flags: { store: { dir: 'd' } } }).store.dir).toBe('d')
    })
  })

  test('the result is frozen at every level', () => {
    const config = load({ flags: { store: { dir: 'd' } } })

    expect(() => Object.assign(config.store, { dir: 'x' })).toThrow(TypeError)
    expect(() => config.hosts.push('x')).toThrow(TypeError)
  })

  test('a file cannot reach the prototype of anything', async () => {
    await withFile('__proto__:\n  polluted: yes\nstore:\n  dir: d\n', file => {
      expect(() => load({ file })).toThrow('__proto__')
      expect({}).not.toHaveProperty('polluted')
    })
  })
})

describe('secrets in files', () => {
  const secrets = z.strictObject({
    adminToken: z.string().min(4).optional(),
    database: z.strictObject({ user: z.string(), password: z.string() }).optional(),
    accounts: z.array(z.strictObject({ password: z.string() })).default([]),
    clusters: z.record(z.string(), z.strictObject({ password: z.string() })).default({}),
  })

  function loadSecrets(sources: Partial<ConfigSources>): z.output<typeof secrets> {
    return loadConfig(secrets, { env: {}, envPrefix: 'DDMQ_CONSOLE', ...sources })
  }

  test('stand for the secret, at every level, from file and environment', async () => {
    await withFile('s3cret: word\n', passwordFile => {
      const config = loadSecrets({
        flags: {
          database: { user: 'ddmq', passwordFile },
          accounts: [{ passwordFile }],
          clusters: { c: { passwordFile } },
        },
        env: { DDMQ_CONSOLE__ADMIN_TOKEN_FILE: passwordFile },
      })

      expect(config).toEqual({
        adminToken: 's3cret: word',
        database: { user: 'ddmq', password: 's3cret: word' },
        accounts: [{ password: 's3cret: word' }],
        clusters: { c: { password: 's3cret: word' } },
      })
    })
  })

  test('what is wrong with one is told with its path, and never what stands in it', async () => {
    await withFile('abc\n', file => {
      expect(() => loadSecrets({ flags: { adminTokenFile: file } })).toThrow(/adminToken: Too small(?!.*abc)/)
      expect(() => loadSecrets({ flags: { adminTokenFile: `${file}.absent` } })).toThrow(
        /adminTokenFile: cannot be read: ENOENT/,
      )
      expect(() => loadSecrets({ flags: { adminToken: 'abcd', adminTokenFile: file } })).toThrow(
        /adminTokenFile: give either the secret or the file/,
      )
    })
  })
})

describe('problems', () => {
  test('all of them are told at once, with path, reason and the variable they came from', async () => {
    await withFile('thrift:\n  prot: 1\nhosts: 3\n', file => {
      const error = problemsOf({
        file,
        env: { DDMQ_CHRONOS__THRIFT__PORT: '0', DDMQ_CHRONOS__STOER__DIR: 'x' },
        flags: { store: { lookAheadMs: '10 parsec' } },
      })

      expect(error.code).toBe('CONFIG_INVALID')
      expect(error.message.split('\n')).toEqual([
        `${file} has 6 problems`,
        '  environment variable DDMQ_CHRONOS__STOER__DIR matches no configuration key',
        '  thrift.port (from DDMQ_CHRONOS__THRIFT__PORT): Too small: expected number to be >=1',
        '  thrift: Unrecognized key: "prot"',
        '  store.dir: Invalid input: expected string, received undefined',
        '  store.lookAheadMs: expected a duration in ms or with a unit, such as 250ms, 10s, 5m, 2h, 7d',
        '  hosts: Invalid input: expected array, received number',
      ])
    })
  })

  test.each([
    ['a: [1, 2\nb: 3\n', /^.*chronos\.yaml has a problem\n {2}.*chronos\.yaml:\d+:\d+: [^\n]+$/],
    ['a: 1\na: 2\n', /chronos\.yaml:2:1: Map keys must be unique$/],
    ['- 1\n', /chronos\.yaml:1:1: expected a mapping of keys to values$/],
  ])('broken YAML is one line with file, line and reason: %j', async (text, expected) => {
    await withFile(text, file => expect(problemsOf({ file }).message).toMatch(expected))
  })

  test('a file that is not there or cannot be read is one line', async () => {
    await using dir = await tempDir()
    expect(problemsOf({ file: join(dir.path, 'absent.yaml') }).message).toMatch(
      /absent\.yaml: cannot be read: ENOENT/,
    )
    await chmod(dir.path, 0o755)
    expect(problemsOf({ file: dir.path }).message).toMatch(/cannot be read: EISDIR/)
  })
})
