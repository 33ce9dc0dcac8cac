import { join } from 'node:path'
import { type NodeProcess, spawnNode } from '@ddmq/testkit'
import { describe, expect, test } from 'vitest'

function run(behaviour: string): NodeProcess {
  return spawnNode(join(import.meta.dirname, 'main-fixture.ts'), [behaviour])
}

describe('runMain, in a real process', { concurrent: true }, () => {
  test.each(['SIGTERM', 'SIGINT'] as const)('given %s, stops and exits 0', async signal => {
    await using child = run('well')
    await child.waitForLine(/^running$/)

    child.kill(signal)

    expect(await child.exited).toEqual({ code: 0, signal: null })
    expect(child.lines).toContain('stopping')
  })

  test('given something that does not stop, exits 1 and says what', async () => {
    await using child = run('bad-stop')
    await child.waitForLine(/^running$/)

    child.kill('SIGTERM')

    expect(await child.exited).toMatchObject({ code: 1 })
    expect(child.lines.join('\n')).toContain('only did not stop')
  })

  test('given a second signal while stopping, exits 130 at once', async () => {
    await using child = run('slow-stop')
    await child.waitForLine(/^running$/)
    child.kill('SIGTERM')
    await child.waitForLine(/^stopping$/)

    child.kill('SIGINT')

    expect(await child.exited).toMatchObject({ code: 130 })
  })

  test.each(['throws', 'rejects'])(
    'given an error nobody handles (%s), logs it, stops and exits 70',
    async behaviour => {
      await using child = run(behaviour)

      expect(await child.exited).toMatchObject({ code: 70 })
      expect(child.lines).toContain('stopping')
      expect(child.lines.find(line => line.includes('"fatal"'))).toContain('bug')
    },
  )

  test('given a start that fails, exits 1 with the cause', async () => {
    await using child = run('bad-start')

    expect(await child.exited).toMatchObject({ code: 1 })
    expect(child.lines.join('\n')).toContain('only did not start: port is taken')
    expect(child.lines).not.toContain('stopping')
  })

  test('given an invalid configuration, exits 78 with the problem', async () => {
    await using child = run('bad-config')

    expect(await child.exited).toMatchObject({ code: 78 })
    expect(child.lines.join('\n')).toContain('a: wrong')
  })

  test('given a signal during the start, aborts it; a second one ends a start that does not listen', async () => {
    await using child = run('slow-start')
    await child.waitForLine(/^called$/)
    child.kill('SIGTERM')
    await child.waitForLine(/signal received/)

    child.kill('SIGTERM')

    expect(await child.exited).toMatchObject({ code: 130 })
  })
})
