import { eventually, freePort } from '@ddmq/testkit'
import { describe, expect, test } from 'vitest'
import { PushBench } from './push-bench.ts'
import { answering, Receiver } from './receiver.ts'
import { subscriptionOf, type TestJob } from './test-job.ts'

async function outcomeOf(job: TestJob): Promise<unknown> {
  await eventually(() => expect(job.outcomes).not.toEqual([]))
  expect(job.outcomes).toHaveLength(1)
  return job.outcomes[0]
}

/** Lets the waits asked for so far pass, once there are as many. */
async function passWait(bench: PushBench, expected: readonly number[]): Promise<void> {
  await eventually(() => expect(bench.clock.waits).toEqual(expected))
  await bench.clock.advance(expected.at(-1) ?? 0)
}

describe('the request', () => {
  test('CP-39 posts params, the context fields in configured order, and carrera_req_cnt=0 last', async () => {
    await using receiver = await Receiver.start()
    await using bench = new PushBench({ actions: ['Async', 'Json', 'FormParams', 'AsyncHttp'] })

    const job = bench.deliver(
      { urls: [`${receiver.origin}/in?x=1%202`], appendContext: ['GROUP', 'TOPIC', 'MSG_KEY', 'PROPERTIES'] },
      { value: '{"a": "b c"}', key: 'k 1', properties: { p: '*' } },
    )

    expect(await outcomeOf(job)).toEqual({ kind: 'consumed' })
    expect(receiver.requests).toMatchObject([
      {
        method: 'POST',
        path: '/in?x=1%202',
        body:
          'params=%7B%22a%22%3A%22b+c%22%7D&carrera_group=billing&carrera_topic=orders' +
          '&carrera_msg_key=k+1&carrera_properties=%7B%22p%22%3A%22*%22%7D&carrera_req_cnt=0',
        headers: { accept: '*/*', 'content-type': 'application/x-www-form-urlencoded' },
      },
    ])
    expect(receiver.requests[0]?.headers['content-length']).toBe(String(receiver.requests[0]?.body.length))
  })

  test('CP-39 without a form action only carrera_req_cnt is sent', async () => {
    await using receiver = await Receiver.start()
    await using bench = new PushBench({ actions: ['Async', 'AsyncHttp'] })

    await outcomeOf(bench.deliver({ urls: [receiver.origin] }))

    expect(receiver.requests[0]?.body).toBe('carrera_req_cnt=0')
  })

  test.each(['post', 'POST', 'GET', 'get', 'PUT'])(
    'httpMethod %s is POST or else GET, with a body',
    async httpMethod => {
      await using receiver = await Receiver.start()
      await using bench = new PushBench()

      await outcomeOf(bench.deliver({ urls: [receiver.origin], httpMethod }))

      expect(receiver.requests).toMatchObject([
        {
          method: httpMethod.toUpperCase() === 'POST' ? 'POST' : 'GET',
          body: 'params=hello&carrera_req_cnt=0',
        },
      ])
    },
  )

  test('CP-48 sends the entries of carrera_headers when the properties are sent', async () => {
    await using receiver = await Receiver.start()
    await using bench = new PushBench()
    const properties = {
      carrera_headers:
        '{\n "h": "v", "n": 12345678901234567890, "Content-Type": "text/x", "Content-Length": "3"\n}',
    }

    await outcomeOf(bench.deliver({ urls: [receiver.origin], appendContext: ['PROPERTIES'] }, { properties }))
    await outcomeOf(bench.deliver({ urls: [receiver.origin], appendContext: ['TOPIC'] }, { properties }))

    expect(receiver.requests[0]?.headers).toMatchObject({
      h: 'v',
      n: '12345678901234567890',
      'content-type': 'text/x',
    })
    expect(receiver.requests[1]?.headers['h']).toBeUndefined()
  })

  test.each(['not json', '[]', '{"a b":"c"}', '{"a":"b\\r\\nc: d"}'])(
    'drops a message whose carrera_headers is %s',
    async carrera_headers => {
      await using receiver = await Receiver.start()
      await using bench = new PushBench()

      const job = bench.deliver(
        { urls: [receiver.origin], appendContext: ['PROPERTIES'] },
        { properties: { carrera_headers } },
      )

      expect(await outcomeOf(job)).toMatchObject({
        reason: 'actionFailed',
        attempts: 0,
        lastResponse: expect.stringContaining('carrera_headers'),
      })
      expect(receiver.requests).toEqual([])
    },
  )

  test.each([
    ['3', '5'],
    ['4', '5'],
    ['2', '0'],
  ])('CH-36 a chronos message of type %s has carrera_req_cnt %s', async (type, count) => {
    await using receiver = await Receiver.start()
    await using bench = new PushBench()
    const key = `1700000000-${type}-1800000000-9-5-60-2-01234567-89ab-cdef-0123-456789abcdef`

    await outcomeOf(bench.deliver({ urls: [receiver.origin] }, { key, properties: { from_chronos: 'true' } }))

    expect(receiver.counts()).toEqual([count])
  })

  test('drops a chronos message whose key is no delay id', async () => {
    await using bench = new PushBench()

    const job = bench.deliver(
      { urls: ['http://127.0.0.1:1'] },
      { key: 'x', properties: { from_chronos: '1' } },
    )

    expect(await outcomeOf(job)).toMatchObject({ reason: 'actionFailed', attempts: 0 })
  })

  test.each([[undefined], [[]], [['not a url']], [['ftp://host/']], [['http://user:secret@host/']]])(
    'drops the messages of a subscription with urls %j and says why',
    async urls => {
      await using bench = new PushBench()

      const outcome = await outcomeOf(bench.deliver({ urls }))

      expect(outcome).toMatchObject({
        reason: 'actionFailed',
        lastResponse: expect.stringContaining('urls:'),
      })
    },
  )
})

describe('the callback URL of a message', () => {
  test('CP-47 replaces the URLs of the subscription and is walked like them', async () => {
    await using own = await Receiver.start()
    await using first = await Receiver.start(answering(500))
    await using second = await Receiver.start()
    await using bench = new PushBench()

    const job = bench.deliver(
      { urls: [own.origin] },
      { properties: { carrera_http_callback_url: `${first.origin}/a<>${second.origin}/b?c` } },
    )
    await passWait(bench, [1000])

    expect(await outcomeOf(job)).toEqual({ kind: 'consumed' })
    expect([own, first, second].map(({ requests }) => requests.map(({ path }) => path))).toEqual([
      [],
      ['/a'],
      ['/b?c'],
    ])
  })

  test.each([
    '127.0.0.1',
    '10.1.2.3',
    '169.254.169.254',
    '192.168.0.1',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '2130706433',
    'localhost',
  ])('CP-47 cannot reach %s behind a subscription with other hosts', async host => {
    await using internal = await Receiver.start()
    await using bench = new PushBench()
    const { port } = new URL(internal.origin)

    const job = bench.deliver(
      { urls: ['http://receiver.example/'], maxRetry: -1 },
      { properties: { carrera_http_callback_url: `http://${host}:${port}/` } },
    )

    expect(await outcomeOf(job)).toMatchObject({
      reason: 'actionFailed',
      lastResponse: expect.stringContaining('not'),
    })
    expect(internal.requests).toEqual([])
  })

  test('CP-47 reaches a private host that an operator allowed', async () => {
    await using internal = await Receiver.start()
    await using bench = new PushBench({ rules: { callback: { allowedHosts: new Set(['127.0.0.1']) } } })

    const job = bench.deliver(
      { urls: ['http://receiver.example/'] },
      { properties: { carrera_http_callback_url: internal.origin } },
    )

    expect(await outcomeOf(job)).toEqual({ kind: 'consumed' })
  })

  test.each(['', 'file:///etc/passwd', 'a<>b'])(
    'drops a message whose callback URL is %j',
    async callback => {
      await using bench = new PushBench()

      const job = bench.deliver(
        { urls: ['http://127.0.0.1:1'] },
        { properties: { carrera_http_callback_url: callback } },
      )

      expect(await outcomeOf(job)).toMatchObject({ reason: 'actionFailed' })
    },
  )
})

describe('retries', () => {
  test.each([204, 302, 500])(
    'CP-43 status %i is tried three times, 1 s and 2 s apart, at the next URL',
    async status => {
      await using first = await Receiver.start((response, _received, index) => {
        response.writeHead(status, { location: '/elsewhere' }).end(index === 1 ? 'last words' : '')
      })
      await using second = await Receiver.start(answering(status))
      await using bench = new PushBench()

      const job = bench.deliver({ urls: [first.origin, second.origin], maxRetry: 2 })
      await passWait(bench, [1000])
      await passWait(bench, [1000, 2000])

      expect(await outcomeOf(job)).toMatchObject({
        kind: 'dropped',
        reason: 'errorRetriesExhausted',
        attempts: 3,
      })
      expect(first.counts()).toEqual(['0', '2'])
      expect(second.counts()).toEqual(['1'])
    },
  )

  test('CP-44 errno 7 is tried at the same URL after each interval and then dropped', async () => {
    await using receiver = await Receiver.start(answering(200, '{"errno":7,"errmsg":"busy"}'))
    await using other = await Receiver.start()
    await using bench = new PushBench()

    const job = bench.deliver({
      urls: [receiver.origin, other.origin],
      maxRetry: 2,
      retryIntervals: [100, 150],
    })
    await passWait(bench, [100])
    await passWait(bench, [100, 150])

    expect(await outcomeOf(job)).toEqual({
      kind: 'dropped',
      reason: 'businessRetriesExhausted',
      attempts: 3,
      lastResponse: 'HTTP 200 {"errno":7,"errmsg":"busy"}',
    })
    expect(receiver.counts()).toEqual(['0', '1', '2'])
    expect(other.requests).toEqual([])
  })

  test('CP-45 errno 1000002 is repeated every second without end, 1000001 ends it', async () => {
    await using receiver = await Receiver.start((response, _received, index) => {
      response.end(index < 5 ? '{"errno":1000002}' : '{"errno":1000001}')
    })
    await using bench = new PushBench()

    const job = bench.deliver({ urls: [receiver.origin], maxRetry: 1, retryIntervals: [] })
    for (let round = 1; round <= 5; round += 1) await passWait(bench, Array<number>(round).fill(1000))

    expect(await outcomeOf(job)).toEqual({ kind: 'consumed' })
    expect(receiver.counts()).toEqual(['0', '1', '2', '3', '4', '5'])
  })

  test('CP-46 errno "abc" drops the message after one request', async () => {
    await using receiver = await Receiver.start(answering(200, '{"errno":"abc"}'))
    await using bench = new PushBench()

    const job = bench.deliver({ urls: [receiver.origin] })

    expect(await outcomeOf(job)).toMatchObject({ reason: 'badResponse', attempts: 1 })
    expect(receiver.requests).toHaveLength(1)
  })

  test.each(['{"errno":0}', '', 'fine', '{"x":1}'])(
    'CP-42 200 with %j is done after one request',
    async body => {
      await using receiver = await Receiver.start(answering(200, body))
      await using bench = new PushBench()

      expect(await outcomeOf(bench.deliver({ urls: [receiver.origin] }))).toEqual({ kind: 'consumed' })
      expect(receiver.requests).toHaveLength(1)
      expect(bench.clock.waits).toEqual([])
    },
  )

  test.each(['POST', 'GET'])(
    'a connection reset after the %s was read is one attempt, not sent again in secret',
    async httpMethod => {
      await using receiver = await Receiver.start((response, _received, index) => {
        if (index % 2 === 1) response.socket?.resetAndDestroy()
        else response.end()
      })
      await using bench = new PushBench()

      await outcomeOf(bench.deliver({ urls: [receiver.origin], httpMethod }))
      const job = bench.deliver({ urls: [receiver.origin], httpMethod, maxRetry: 1 })
      await passWait(bench, [1000])

      expect(await outcomeOf(job)).toEqual({ kind: 'consumed' })
      expect(receiver.counts()).toEqual(['0', '0', '1'])
    },
  )

  test('a response that does not end within the timeout is an error', async () => {
    await using receiver = await Receiver.start(response => response.writeHead(200).write('{"errno"'))
    await using bench = new PushBench()

    const job = bench.deliver({ urls: [receiver.origin], timeout: 50, maxRetry: 0 })

    expect(await outcomeOf(job)).toMatchObject({
      reason: 'errorRetriesExhausted',
      attempts: 1,
      lastResponse: 'no complete response within 50 ms',
    })
  })

  test('a response too large to read is judged by what was read, and what is kept of it is short', async () => {
    await using receiver = await Receiver.start(response => response.end(`{"a":"${'x'.repeat(1_000_000)}"}`))
    await using page = await Receiver.start(response => response.end('x'.repeat(1_000_000)))
    await using bench = new PushBench()

    const unreadable = await outcomeOf(bench.deliver({ urls: [receiver.origin], maxRetry: 0 }))

    expect(unreadable).toMatchObject({ reason: 'errorRetriesExhausted' })
    expect((unreadable as { lastResponse: string }).lastResponse).toHaveLength(1024)
    expect(await outcomeOf(bench.deliver({ urls: [page.origin], topic: 'pages' }))).toEqual({
      kind: 'consumed',
    })
  })

  test('a request that another one made way for goes over its connection', async () => {
    await using receiver = await Receiver.start()
    await using bench = new PushBench({ rules: { maxInFlightPerEndpoint: 4 } })
    const jobs = Array.from({ length: 40 }, () => bench.deliver({ urls: [receiver.origin] }))

    for (const job of jobs) expect(await outcomeOf(job)).toEqual({ kind: 'consumed' })

    expect(receiver.connections).toBe(4)
  })

  test('connections are kept and reused', async () => {
    await using receiver = await Receiver.start()
    await using bench = new PushBench()

    for (let count = 0; count < 5; count += 1) await outcomeOf(bench.deliver({ urls: [receiver.origin] }))

    expect(receiver.connections).toBe(1)
  })

  test('a job that was terminated meanwhile is not tried again', async () => {
    await using receiver = await Receiver.start(answering(500))
    await using bench = new PushBench()

    const job = bench.deliver({ urls: [receiver.origin] })
    await eventually(() => expect(bench.clock.waits).toEqual([1000]))
    job.terminated = true
    await bench.clock.advance(1000)

    expect(await outcomeOf(job)).toEqual({ kind: 'filtered' })
    expect(receiver.requests).toHaveLength(1)
  })
})

describe('rate', () => {
  test('CP-52 httpMaxTps holds for first attempts and retries together', async () => {
    await using receiver = await Receiver.start((response, _received, index) => {
      response.writeHead(index % 2 === 0 ? 500 : 200).end()
    })
    await using bench = new PushBench()
    const jobs = Array.from({ length: 20 }, () =>
      bench.deliver({ urls: [receiver.origin], httpMaxTps: 10, maxRetry: -1 }),
    )

    let elapsedMs = 0
    await eventually(async () => {
      const before = receiver.requests.length
      expect(before).toBeLessThanOrEqual(elapsedMs / 100 + 1)
      await bench.clock.advance(100)
      elapsedMs += 100
      expect(jobs.every(job => job.outcomes.length === 1)).toBe(true)
    })

    expect(receiver.requests.length).toBeGreaterThan(20)
    expect(elapsedMs).toBeGreaterThanOrEqual((receiver.requests.length - 1) * 100)
  })

  test('CP-45 errno 1000000 is done and slows the topic to a tenth', async () => {
    await using receiver = await Receiver.start(answering(200, '{"errno":1000000}'))
    await using bench = new PushBench()
    const config = { urls: [receiver.origin], httpMaxTps: 10 }

    expect(await outcomeOf(bench.deliver(config))).toEqual({ kind: 'consumed' })
    bench.deliver(config)
    bench.deliver(config)
    await bench.clock.advance(1000)
    await eventually(() => expect(receiver.requests).toHaveLength(2))
    await bench.clock.advance(999)
    expect(receiver.requests).toHaveLength(2)
    await bench.clock.advance(1)

    await eventually(() => expect(receiver.requests).toHaveLength(3))
  })

  test('a share of the partitions is a share of the rate', async () => {
    await using receiver = await Receiver.start()
    await using bench = new PushBench()
    const config = { urls: [receiver.origin], httpMaxTps: 10 }

    bench.push.setAssignedShare(subscriptionOf(config), 0.5)
    bench.deliver(config)
    bench.deliver(config)

    await eventually(() => expect(receiver.requests).toHaveLength(1))
    await bench.clock.advance(200)
    await eventually(() => expect(receiver.requests).toHaveLength(2))
    expect(bench.clock.waits).toEqual([200])
  })
})

describe('live changes', () => {
  test('new URLs, method and retries apply from the next attempt on', async () => {
    await using before = await Receiver.start(answering(500))
    await using after = await Receiver.start(answering(500))
    await using bench = new PushBench()

    const job = bench.deliver({ urls: [before.origin], maxRetry: 5 })
    await eventually(() => expect(bench.clock.waits).toEqual([1000]))
    bench.push.update(subscriptionOf({ urls: [after.origin], maxRetry: 1, httpMethod: 'GET' }))
    await bench.clock.advance(1000)

    expect(await outcomeOf(job)).toMatchObject({ reason: 'errorRetriesExhausted', attempts: 2 })
    expect([before.requests.length, after.requests.length]).toEqual([1, 1])
    expect(after.requests[0]?.method).toBe('GET')
  })

  test('messages that wait for a dead endpoint move to a new URL at once', async () => {
    await using alive = await Receiver.start()
    await using bench = new PushBench({ rules: { breaker: BREAKER } })
    const urls = [`http://127.0.0.1:${await freePort()}`]
    bench.deliver({ urls, maxRetry: 0 })
    const [, job] = [await bench.untilWarned(), bench.deliver({ urls })]
    expect(job.outcomes).toEqual([])

    bench.push.update(subscriptionOf({ urls: [alive.origin], totalMaxTps: 1000 }))

    expect(await outcomeOf(job)).toEqual({ kind: 'consumed' })
  })
})

const BREAKER = { openAfterFailures: 1, firstPauseMs: 500, longestPauseMs: 4000 }

describe('a dead endpoint', () => {
  test('holds messages without spending their retries, is probed by one, and lets all go when it is back', async () => {
    const port = await freePort()
    const urls = [`http://127.0.0.1:${port}`]
    await using bench = new PushBench({ rules: { breaker: BREAKER } })
    const first = bench.deliver({ urls, maxRetry: 0 })
    await bench.untilWarned()

    const held = [
      bench.deliver({ urls, maxRetry: 0 }),
      bench.deliver({ urls, maxRetry: 0 }),
      bench.deliver({ urls, maxRetry: 0 }),
    ]
    await bench.clock.advance(500)
    const probe = await outcomeOf(held[0] as TestJob)

    expect(await outcomeOf(first)).toMatchObject({ lastResponse: expect.stringContaining('ECONNREFUSED') })
    expect(probe).toMatchObject({ reason: 'errorRetriesExhausted', attempts: 1 })
    expect(held.slice(1).map(job => job.outcomes)).toEqual([[], []])

    await using _receiver = await Receiver.start(answering(200), port)
    await bench.clock.advance(1000)

    expect(await Promise.all(held.slice(1).map(outcomeOf))).toEqual([
      { kind: 'consumed' },
      { kind: 'consumed' },
    ])
  })

  test('wakes who waits for it after its pause had ended once with nobody waiting', async () => {
    const port = await freePort()
    const dead = { urls: [`http://127.0.0.1:${port}`], maxRetry: -1 }
    await using alive = await Receiver.start()
    await using bench = new PushBench({ rules: { breaker: { ...BREAKER, firstPauseMs: 4000 } } })
    const moved = bench.deliver(dead)
    await passWait(bench, [1000])
    expect(bench.clock.waits).toEqual([1000, 3000])
    bench.push.update(subscriptionOf({ urls: [alive.origin] }))
    expect(await outcomeOf(moved)).toEqual({ kind: 'consumed' })
    await bench.clock.advance(3000)

    bench.push.update(subscriptionOf(dead))
    const probe = bench.deliver(dead)
    await passWait(bench, [1000, 3000, 1000])
    expect(probe.outcomes).toEqual([])
    await using _receiver = await Receiver.start(answering(200), port)
    await bench.clock.advance(10_000)

    expect(await outcomeOf(probe)).toEqual({ kind: 'consumed' })
  })

  test('does not hold messages of other endpoints, and a living URL of the same list takes over', async () => {
    const dead = `http://127.0.0.1:${await freePort()}`
    await using alive = await Receiver.start()
    await using bench = new PushBench({ rules: { breaker: BREAKER } })
    bench.deliver({ urls: [dead], maxRetry: 0 })
    await bench.untilWarned()

    const other = bench.deliver({ urls: [alive.origin], topic: 'other' })
    const listed = bench.deliver({ urls: [dead, alive.origin], maxRetry: 0, topic: 'listed' })

    expect(await outcomeOf(other)).toEqual({ kind: 'consumed' })
    expect(await outcomeOf(listed)).toEqual({ kind: 'consumed' })
  })

  test('a slow endpoint has no more requests under way than allowed', async () => {
    const open: (() => void)[] = []
    await using receiver = await Receiver.start(response => void open.push(() => response.end()))
    await using bench = new PushBench({ rules: { maxInFlightPerEndpoint: 2 } })
    const jobs = Array.from({ length: 5 }, () => bench.deliver({ urls: [receiver.origin] }))

    for (let answered = 0; answered < 5; answered += 1) {
      await eventually(() => expect(receiver.requests).toHaveLength(Math.min(5, answered + 2)))
      open[answered]?.()
      await eventually(() => expect(jobs.filter(job => job.outcomes.length === 1)).toHaveLength(answered + 1))
    }
  })
})

describe('stop', () => {
  test('CP-55 waits for requests under way and hands waiting retries back unfinished', async () => {
    const open: (() => void)[] = []
    await using failing = await Receiver.start(answering(500))
    await using slow = await Receiver.start(response => void open.push(() => response.end()))
    await using bench = new PushBench()
    const retrying = bench.deliver({ urls: [failing.origin], topic: 'a' })
    const underWay = bench.deliver({ urls: [slow.origin], topic: 'b' })
    await eventually(() => expect([bench.clock.waits.length, open.length]).toEqual([1, 1]))

    const stopped = bench.push.stop(new AbortController().signal)
    const late = bench.deliver({ urls: [slow.origin], topic: 'b' })
    open[0]?.()
    await stopped
    await bench.clock.advance(10_000)

    expect(underWay.outcomes).toEqual([{ kind: 'consumed' }])
    expect([retrying.outcomes, late.outcomes]).toEqual([[], []])
    expect([failing.requests.length, slow.requests.length]).toEqual([1, 1])
  })

  test('CP-55 gives a request up when the deadline passes, and its job stays unfinished', async () => {
    await using silent = await Receiver.start(() => undefined)
    await using bench = new PushBench()
    const job = bench.deliver({ urls: [silent.origin] })
    await eventually(() => expect(silent.requests).toHaveLength(1))

    await bench.push.stop(AbortSignal.abort())

    expect(job.outcomes).toEqual([])
  })
})
