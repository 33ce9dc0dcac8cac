import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { eventually, tempDir } from '@ddmq/testkit'
import { expect, onTestFinished, test } from 'vitest'
import { Ddmq } from './ddmq-process.ts'

async function startDdmq(...args: readonly string[]): Promise<Ddmq> {
  const home = await tempDir()
  onTestFinished(() => home[Symbol.asyncDispose]())
  const ddmq = new Ddmq(home.path)
  await ddmq.up(...args)
  return ddmq
}

test('CM-37 a message sent by the command is pulled once, and a second pull prints nothing', async () => {
  const ddmq = await startDdmq()
  await ddmq.json('topic', 'create', 'orders', '--partitions', '4')
  await ddmq.json('group', 'create', 'cg_billing')
  await ddmq.json('sub', 'create', 'cg_billing', 'orders')

  await ddmq.json('send', 'orders', 'hello', '--key', 'k1', '--tags', 'paid', '--property', 'source=web')
  const [message] = await ddmq.json('pull', 'cg_billing', '--max', '1')
  const second = await ddmq.run('pull', 'cg_billing', '--wait', '1s')

  expect(message).toMatchObject({ topic: 'orders', key: 'k1', body: 'hello', properties: { source: 'web' } })
  expect(second).toEqual({ code: 0, stdout: '', stderr: '' })
})

test('a body that is no text is printed whole, as base64', async () => {
  const ddmq = await startDdmq()
  await ddmq.json('topic', 'create', 'pictures')
  await ddmq.json('group', 'create', 'cg_e2e')
  await ddmq.json('sub', 'create', 'cg_e2e', 'pictures')

  await ddmq.json('send', 'pictures', '--file', new URL('./binary.bin', import.meta.url).pathname)
  const [message] = await ddmq.json('pull', 'cg_e2e', '--max', '1')

  expect(message).toMatchObject({ bodyBase64: Buffer.from([0xff, 0x00, 0xfe, 0x80]).toString('base64') })
})

test('a message that could not be printed is not acknowledged', async () => {
  const ddmq = await startDdmq()
  await ddmq.json('topic', 'create', 'orders', '--partitions', '1')
  await ddmq.json('group', 'create', 'cg_billing')
  await ddmq.json('sub', 'create', 'cg_billing', 'orders')
  const { child, finished } = ddmq.start('pull', 'cg_billing', '--max', '1', '--wait', '30s')
  finished.catch(() => undefined) // Its output ends early.
  child.stdout?.destroy()
  const ended = once(child, 'exit')

  await ddmq.json('send', 'orders', 'kept')
  await ended
  const [message] = await ddmq.json('pull', 'cg_billing', '--max', '1', '--wait', '10s')

  expect(message).toMatchObject({ body: 'kept' })
})

test('CP-39 a pushed message reaches an HTTP server as the documented form', async () => {
  const ddmq = await startDdmq()
  const bodies: string[] = []
  const receive = async (request: Readable): Promise<void> => void bodies.push(await text(request))
  const server = createServer((request, response) => {
    void receive(request).then(() => response.end('{"errno":0}'))
  }).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await ddmq.json('topic', 'create', 'orders', '--partitions', '1')
  await ddmq.json('group', 'create', 'cg_hooks')
  await ddmq.json('sub', 'create', 'cg_hooks', 'orders', '--push', `http://127.0.0.1:${port}/cb`)

  await ddmq.json('send', 'orders', 'again', '--key', 'k2')
  const body = await eventually(() => {
    expect(bodies).toHaveLength(1)
    return bodies[0]
  })

  const form = [...new URLSearchParams(body)]
  expect(form.map(([name]) => name)).toEqual(
    [
      'params',
      'carrera_topic',
      'carrera_group',
      'carrera_offset',
      'carrera_qid',
      'carrera_source',
      'carrera_msg_key',
      'carrera_token',
      'carrera_properties',
      'carrera_req_cnt',
    ].filter(name => form.some(([present]) => present === name)),
  )
  expect(Object.fromEntries(form)).toMatchObject({
    params: 'again',
    carrera_topic: 'orders',
    carrera_group: 'cg_hooks',
    carrera_offset: '0',
    carrera_qid: 'R_default_0',
    carrera_source: 'KAFKA',
    carrera_msg_key: 'k2',
    carrera_req_cnt: '0',
  })
})

test('CM-2 CM-3 the initialisation calls answer errno 0 with a token and 401 without', async () => {
  const ddmq = await startDdmq()
  const [{ token } = {}] = await ddmq.json('token', 'create', 'ci')
  const base = `http://127.0.0.1:${ddmq.port(8080)}/carrera/api/odin/internal/v4`

  for (const call of ['initZkPath', 'initAllZk']) {
    const allowed = await fetch(`${base}/${call}`, { headers: { authorization: `Bearer ${String(token)}` } })
    const refused = await fetch(`${base}/${call}`)

    expect(await allowed.json()).toMatchObject({ errno: 0 })
    expect(refused.status).toBe(401)
  }
})

test('what cannot be done is said in one line with an exit code that tells why', async () => {
  const home = await tempDir()
  onTestFinished(() => home[Symbol.asyncDispose]())
  const absent = new Ddmq(home.path)
  const ddmq = await startDdmq()

  const unreachable = await absent.run('topic', 'list')
  const unknownTopic = await ddmq.run('topic', 'show', 'nowhere')
  const wrongToken = await ddmq.run('topic', 'list', '--token', 'wrong')
  const notSent = await ddmq.run('send', 'nowhere', 'x')
  const noGroup = await ddmq.run('pull', 'cg_nobody')
  const usage = await ddmq.run('topic', 'create')
  const noUnit = await ddmq.run('pull', 'cg_nobody', '--wait', '300')

  expect(unreachable).toMatchObject({ code: 69, stderr: expect.stringMatching(/^ddmq: .*\.\/ddmq up.*\n/) })
  expect(unknownTopic).toMatchObject({ code: 1, stderr: expect.stringContaining('nowhere') })
  expect(wrongToken.code).toBe(77)
  expect(notSent).toMatchObject({ code: 1, stderr: expect.stringContaining('code 13') })
  expect(noGroup).toMatchObject({ code: 1, stderr: expect.stringContaining('ddmq group create cg_nobody') })
  expect(usage.code).toBe(2)
  expect(noUnit).toMatchObject({ code: 2, stderr: expect.stringContaining('write 500ms, 10s, 2m or 1h') })
})
