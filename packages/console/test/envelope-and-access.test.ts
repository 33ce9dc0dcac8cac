import { FakeClock, tempDir } from '@ddmq/testkit'
import { describe, expect, test } from 'vitest'
import { CONSOLE, OPERATOR, OWN, topicBody } from './support/bodies.ts'
import { startConsole } from './support/console-run.ts'

const ACCOUNTS = [
  { name: 'ann', password: 'secret-of-ann' },
  { name: 'ben', password: 'secret-of-ben' },
]

function login(user: string, password: string): string {
  return `${OPERATOR}/login?username=${user}&password=${encodeURIComponent(password)}`
}

describe('answers', () => {
  test('CO-3 a success is HTTP 200 with exactly data, errmsg SUCCESS and errno 0', async () => {
    await using dir = await tempDir()
    await using run = await startConsole(dir.path)

    const answer = await run.post(`${OPERATOR}/createTopic`, topicBody('orders'))

    expect(answer.status).toBe(200)
    expect(answer.text).toBe('{"data":null,"errmsg":"SUCCESS","errno":0}')
    expect(answer.headers.get('content-type')).toBe('application/json;charset=UTF-8')
    expect(answer.headers.get('carrera_logid')).toMatch(/^\d+$/)
  })

  test('a given logId of any case comes back in the header', async () => {
    await using dir = await tempDir()
    await using run = await startConsole(dir.path)

    const answer = await run.get(`${OPERATOR}/v4/initZkPath?LOGID=abc-7`)

    expect(answer.headers.get('carrera_logid')).toBe('abc-7')
  })

  test('CO-8 malformed JSON is errno 400', async () => {
    await using dir = await tempDir()
    await using run = await startConsole(dir.path)

    for (const path of [`${OPERATOR}/createTopic`, `${OPERATOR}/createSub`, `${CONSOLE}/group/create`]) {
      const answer = await run.post(path, '{"user":')
      expect(answer.body).toMatchObject({ data: null, errno: 400, errmsg: 'body: is not JSON' })
    }
  })

  test('a body over the limit is refused and an unknown path is 404, both enveloped', async () => {
    await using dir = await tempDir()
    await using run = await startConsole(dir.path, { maxBodyBytes: 1000 })

    const large = await run.post(`${OPERATOR}/createTopic`, { user: 'x'.repeat(2000) })
    const unknown = await run.get(`${OWN}/nothing`)
    const original = await run.get(`${OPERATOR}/v4/nothing`)

    expect([large.status, large.body?.['errno']]).toEqual([413, 413])
    expect([unknown.status, unknown.body?.['errno']]).toEqual([404, 404])
    expect([original.status, original.body?.['errno']]).toEqual([404, 404])
  })
})

test.each([
  ['GET', `${OPERATOR}/createTopic`, 'POST'],
  ['DELETE', `${OPERATOR}/login`, 'GET, POST'],
  ['POST', `${OPERATOR}/v4/initAllZk`, 'GET'],
  ['GET', `${CONSOLE}/group/create`, 'POST'],
  ['PUT', `${CONSOLE}/topic/listAll`, 'GET, POST'],
  ['DELETE', `${OWN}/topics/orders`, 'GET'],
  ['POST', `${OWN}/topics/orders/tail`, 'GET'],
  ['PATCH', `${OWN}/subscriptions`, 'POST, GET, DELETE'],
  ['GET', `${OWN}/subscriptions/enable`, 'POST'],
  ['POST', '/style.css', 'GET'],
])('%s %s is an enveloped 405 that names %s', async (method, path, allowed) => {
  await using dir = await tempDir()
  await using run = await startConsole(dir.path)

  const answer = await run.call(method, path)

  expect([answer.status, answer.headers.get('allow')]).toEqual([405, allowed])
  expect(answer.body).toEqual({ data: null, errmsg: `${path} takes ${allowed}`, errno: 405 })
})

test('HEAD goes with GET, OPTIONS names the methods, and neither is 405', async () => {
  await using dir = await tempDir()
  await using run = await startConsole(dir.path)

  const head = await run.call('HEAD', `${OWN}/topics`)
  const options = await run.call('OPTIONS', `${OWN}/topics`)

  expect([head.status, head.text]).toEqual([200, ''])
  expect([options.status, options.headers.get('allow')]).toEqual([200, 'GET, HEAD, POST'])
})

describe('access', () => {
  test('CO-4 CM-3 without credentials every route but sign-in is 401 with an empty body, whatever the path looks like', async () => {
    await using dir = await tempDir()
    await using run = await startConsole(dir.path)
    const paths = [
      `${OPERATOR}/v4/initAllZk`,
      `${OPERATOR}/v4/initAllZk;login`,
      `${OPERATOR}/login/../v4/initAllZk`,
      `${OPERATOR}/v4/initAllZk?x=login`,
      '/carrera/%61pi/odin/internal/v4/addPProxy?host=10.9.9.9',
      `${OPERATOR}/v4/addPProxy;logout?host=10.9.9.9`,
      `${OPERATOR}//v4/addPProxy?host=10.9.9.9`,
      `${OPERATOR}/LOGIN`,
      `${CONSOLE}/topic/listAll?user=a&curPage=1&pageSize=1`,
      `${OWN}/topics`,
      '/carrera/api/unknown',
    ]

    for (const path of paths) {
      const answer = await run.bare(path)
      expect([path, answer.status, answer.text]).toEqual([path, 401, ''])
    }
    const post = await run.bare(`${OPERATOR}/createTopic;login`, {
      method: 'POST',
      body: JSON.stringify(topicBody('orders')),
      headers: { authorization: 'Bearer wrong', cookie: 'JSESSION_ID=wrong' },
    })

    expect([post.status, post.text]).toEqual([401, ''])
    expect(await run.registry.list('pproxy')).toEqual(['127.0.0.1:9613'])
    expect(await run.registry.list('topic')).toEqual([])
  })

  test('CO-5 the legacy sign-in answers fail for wrong credentials and success with a cookie for right ones', async () => {
    await using dir = await tempDir()
    await using run = await startConsole(dir.path, { administrators: ACCOUNTS })

    const wrong = await run.bare(login('ann', 'nonsense'))
    const right = await run.bare(login('ann', 'secret-of-ann'))
    const cookie = right.headers.get('set-cookie') ?? ''

    expect(wrong.body).toEqual({ data: 'fail', errmsg: 'SUCCESS', errno: 0 })
    expect(wrong.headers.get('set-cookie')).toBeNull()
    expect(right.body).toEqual({ data: 'success', errmsg: 'SUCCESS', errno: 0 })
    expect(cookie).toMatch(/^JSESSION_ID=[\w-]{43}; .*Path=\/.*HttpOnly.*SameSite=Strict/)
    const signedIn = { headers: { cookie: cookie.split(';')[0] ?? '' } }
    expect((await run.bare(`${OPERATOR}/v4/initAllZk`, signedIn)).body?.['errno']).toBe(0)
    await run.bare(`${OPERATOR}/logout?username=ann`, signedIn)
    expect((await run.bare(`${OPERATOR}/v4/initAllZk`, signedIn)).status).toBe(401)
  })

  test('CO-6 a listed user with the password of another does not get in', async () => {
    await using dir = await tempDir()
    await using run = await startConsole(dir.path, { administrators: ACCOUNTS })

    expect((await run.bare(login('ann', 'secret-of-ben'))).body?.['data']).toBe('fail')
    expect((await run.bare(login('nobody', 'secret-of-ben'))).body?.['data']).toBe('fail')
  })

  test('signs in by a POST body, as JSON and as a form', async () => {
    await using dir = await tempDir()
    await using run = await startConsole(dir.path, { administrators: ACCOUNTS })
    const body = { username: 'ann', password: 'secret-of-ann' }

    const json = await run.bare(`${OPERATOR}/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    const form = await run.bare('/sign-in', { method: 'POST', body: new URLSearchParams(body) })

    expect(json.body?.['data']).toBe('success')
    expect([form.status, form.headers.get('location')]).toEqual([303, '/'])
  })

  test('ten wrong passwords lock the name for a while', async () => {
    await using dir = await tempDir()
    const clock = new FakeClock()
    await using run = await startConsole(dir.path, { administrators: ACCOUNTS }, clock)
    for (let attempt = 0; attempt < 10; attempt++) await run.bare(login('ann', `wrong-${attempt}`))

    const locked = await run.bare(login('ann', 'secret-of-ann'))
    await clock.advance(5 * 60_000)
    const later = await run.bare(login('ann', 'secret-of-ann'))

    expect([locked.status, locked.body?.['errno']]).toEqual([429, 429])
    expect(later.body?.['data']).toBe('success')
  })

  test('many wrong passwords at once are not more tries than one after the other', async () => {
    await using dir = await tempDir()
    await using run = await startConsole(dir.path, { administrators: ACCOUNTS })

    const answers = await Promise.all(Array.from({ length: 15 }, () => run.bare(login('ann', 'wrong'))))

    expect(answers.filter(answer => answer.status === 429)).toHaveLength(5)
  })

  test('a session ends after its hours', async () => {
    await using dir = await tempDir()
    const clock = new FakeClock()
    await using run = await startConsole(dir.path, { administrators: ACCOUNTS, sessionHours: 1 }, clock)
    const cookie = (await run.bare(login('ann', 'secret-of-ann'))).headers.get('set-cookie') ?? ''
    const signedIn = { headers: { cookie: cookie.split(';')[0] ?? '' } }

    expect((await run.bare(`${OWN}/topics`, signedIn)).status).toBe(200)
    await clock.advance(3_600_000)
    expect((await run.bare(`${OWN}/topics`, signedIn)).status).toBe(401)
  })

  test('a request with a cookie from another site is refused', async () => {
    await using dir = await tempDir()
    await using run = await startConsole(dir.path, { administrators: ACCOUNTS })
    const cookie = ((await run.bare(login('ann', 'secret-of-ann'))).headers.get('set-cookie') ?? '').split(
      ';',
    )[0]
    const from = (headers: Record<string, string>) =>
      run.bare(`${OPERATOR}/v4/addPProxy?host=10.0.0.9`, { headers: { cookie: cookie ?? '', ...headers } })

    expect((await from({ 'sec-fetch-site': 'cross-site' })).status).toBe(403)
    expect((await from({ 'sec-fetch-site': 'same-site' })).status).toBe(403)
    expect((await from({ origin: 'http://evil.example' })).status).toBe(403)
    expect(await run.registry.list('pproxy')).toEqual(['127.0.0.1:9613'])
    expect((await from({ 'sec-fetch-site': 'same-origin' })).body?.['errno']).toBe(0)
  })

  test('tokens are made, listed without their text, stored hashed, and revoked', async () => {
    await using dir = await tempDir()
    await using run = await startConsole(dir.path)

    const created = await run.post(`${OWN}/tokens`, { name: 'ci' })
    const token = String(created.body?.['data'].token)
    const bearer = { headers: { authorization: `Bearer ${token}` } }
    const listed = await run.get(`${OWN}/tokens`)
    const again = await run.post(`${OWN}/tokens`, { name: 'ci' })

    expect((await run.bare(`${OPERATOR}/v4/initAllZk`, bearer)).body?.['errno']).toBe(0)
    expect(listed.body?.['data']).toEqual([{ name: 'ci', createdAt: created.body?.['data'].createdAt }])
    expect(listed.text).not.toContain(token)
    expect(again.body?.['errmsg']).toBe('name: there is a token named ci')
    await run.call('DELETE', `${OWN}/tokens/ci`)
    expect((await run.bare(`${OWN}/topics`, bearer)).status).toBe(401)
    expect((await run.call('DELETE', `${OWN}/tokens/ci`)).status).toBe(404)
  })

  test('the status page needs a sign-in and has no script', async () => {
    await using dir = await tempDir()
    await using run = await startConsole(dir.path)
    await run.post(`${OWN}/topics`, { topic: 'orders' })

    const anonymous = await run.bare('/')
    const page = await run.get('/')

    expect([anonymous.status, anonymous.headers.get('location')]).toEqual([303, '/sign-in'])
    expect(page.text).toContain('<td>orders</td>')
    expect(page.text).not.toContain('<script')
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'")
    expect((await run.bare('/sign-in')).text).toContain('type="password"')
  })
})
