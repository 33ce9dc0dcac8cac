import { expect, test } from 'vitest'
import { bodyFields } from '../../src/message-body.ts'
import { Output } from '../../src/output.ts'

function capture(json: boolean): { output: Output; text: () => string } {
  let text = ''
  return { output: new Output(json, chunk => (text += chunk)), text: () => text }
}

const columns = { TOPIC: (row: { topic: string; n: number }) => row.topic, N: (row: { n: number }) => row.n }

test('rows are a table for people and a document per line with --json', () => {
  const people = capture(false)
  const machines = capture(true)
  const rows = [
    { topic: 'orders', n: 4 },
    { topic: 'a', n: 16 },
  ]

  people.output.rows(rows, columns, 'none')
  machines.output.rows(rows, columns, 'none')

  expect(people.text()).toBe('TOPIC   N\norders  4\na       16\n')
  expect(machines.text()).toBe('{"topic":"orders","n":4}\n{"topic":"a","n":16}\n')
})

test('no rows are said in words to people and by silence to programs', () => {
  const people = capture(false)
  const machines = capture(true)

  people.output.rows([], columns, 'no topics')
  machines.output.rows([], columns, 'no topics')

  expect(people.text()).toBe('no topics\n')
  expect(machines.text()).toBe('')
})

test('a body is text where it is UTF-8 and base64 where it is not', () => {
  expect(bodyFields(Buffer.from('grüße'))).toEqual({ body: 'grüße' })
  expect(bodyFields(Buffer.from([0xff, 0x00]))).toEqual({ bodyBase64: '/wA=' })
  expect(bodyFields(new Uint8Array())).toEqual({ body: '' })
})
