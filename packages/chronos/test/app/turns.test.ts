import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { Turns } from '../../src/app/turns.ts'

test('heavy work of several shards is done in the order it came, one piece per turn of the event loop', async () => {
  const turns = new Turns()
  const done: string[] = []
  for (const name of ['a', 'b', 'c']) void turns.next(100).then(() => done.push(name))

  const seen: string[] = []
  for (let turn = 0; turn < 3; turn++) {
    await setImmediate()
    seen.push(done.join(''))
  }

  expect(seen).toEqual(['a', 'ab', 'abc'])
})

test('who comes when nobody waits has the next turn', async () => {
  const turns = new Turns()
  await turns.next(100)
  const done: string[] = []
  void turns.next(100).then(() => done.push('later'))

  await setImmediate()

  expect(done).toEqual(['later'])
})

test('work on a few records waits for nobody', async () => {
  const turns = new Turns()
  const done: string[] = []
  void turns.next(100).then(() => done.push('heavy'))
  await turns.next(1)

  expect(done).toEqual([])
})
