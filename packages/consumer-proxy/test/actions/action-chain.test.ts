import { describe, expect, test } from 'vitest'
import { createActionChain } from '../../src/core/actions/action-chain.ts'
import { UnsupportedActionError } from '../../src/core/actions/errors.ts'
import type { JobContent } from '../../src/core/actions/job-content.ts'
import type { Job, JobSink } from '../../src/core/job.ts'
import { type JobSettings, subscriptionOf, TestJob } from '../push/test-job.ts'

class CollectingSink implements JobSink {
  readonly accepted: { job: Job; content: JobContent }[] = []
  accept(job: Job, content: JobContent): void {
    this.accepted.push({ job, content })
  }
  stop(): Promise<void> {
    return Promise.resolve()
  }
}

function run(
  actions: readonly string[],
  settings: JobSettings = {},
  prepare: (job: TestJob) => void = () => {},
) {
  const sink = new CollectingSink()
  const job = new TestJob(settings)
  prepare(job)
  createActionChain(actions, { AsyncHttp: sink, PullServer: sink }).run(job)
  return { job, sink, form: sink.accepted[0]?.content.form.map(field => [field.name, field.value]) }
}

const JSON_PUSH = ['Async', 'Json', 'FormParams', 'AsyncHttp']

describe('action chain', () => {
  test('hands the job to the sink of the last action, unfinished', () => {
    const { job, sink } = run(['Async', 'PullServer'])

    expect(sink.accepted.map(entry => entry.job)).toEqual([job])
    expect(job.outcomes).toEqual([])
  })

  test.each(['true', 'TRUE', 'True'])(
    'CP-30 filters pressure traffic (%s) of a subscription that takes none',
    flag => {
      const { job, sink } = run(['Async', 'AsyncHttp'], { properties: { isPressureTraffic: flag } })

      expect(job.outcomes).toEqual([{ kind: 'filtered' }])
      expect(sink.accepted).toEqual([])
    },
  )

  test('CP-30 delivers pressure traffic to a subscription that takes it', () => {
    const subscription = subscriptionOf({ pressureTraffic: true })
    const { sink } = run(['Async', 'AsyncHttp'], { subscription, properties: { isPressureTraffic: 'true' } })

    expect(sink.accepted).toHaveLength(1)
  })

  test('runs nothing for a terminated job', () => {
    const { job, sink } = run(JSON_PUSH, { value: 'not json' }, terminated => {
      terminated.terminated = true
    })

    expect(job.outcomes).toEqual([{ kind: 'filtered' }])
    expect(sink.accepted).toEqual([])
  })

  test.each(['', '  ', 'null', ' null '])('filters a message without JSON content (%j)', value => {
    expect(run(JSON_PUSH, { value }).job.outcomes).toEqual([{ kind: 'filtered' }])
  })

  test('filters a message without any value', () => {
    expect(run(JSON_PUSH, { value: null }).job.outcomes).toEqual([{ kind: 'filtered' }])
  })

  test.each([
    '[1]',
    '"text"',
    '12',
    '{"a":',
    'plain',
    '{"a":1 2}',
    '{"a":tr ue}',
    '{"a":0x10}',
    '{"a":1/*c*/}',
    `{"${'\\"'.repeat(500_000)}`,
    '{"a":1 "b":2}',
    `{"a":${'['.repeat(100_000)}`,
  ])('drops a message that is no JSON object (%.20s)', value => {
    const { job, sink } = run(JSON_PUSH, { value })

    expect(job.outcomes).toMatchObject([{ kind: 'dropped', reason: 'actionFailed', attempts: 0 }])
    expect(sink.accepted).toEqual([])
  })

  test('drops the messages of an unknown action, naming it', () => {
    const { job } = run(['Async', 'Shuffle', 'AsyncHttp'])

    expect(job.outcomes).toMatchObject([{ reason: 'actionFailed', lastResponse: 'unknown action Shuffle' }])
  })

  test('drops a message when Json meets a message that is parsed already', () => {
    const { job } = run(['Json', 'Json', 'AsyncHttp'], { value: '{"a":1}' })

    expect(job.outcomes).toMatchObject([{ reason: 'actionFailed' }])
  })

  test('drops a message when the sink throws', () => {
    const broken: JobSink = {
      accept() {
        throw new Error('sink is broken')
      },
      stop: () => Promise.resolve(),
    }
    const job = new TestJob()
    createActionChain(['AsyncHttp'], { AsyncHttp: broken, PullServer: broken }).run(job)

    expect(job.outcomes).toMatchObject([{ reason: 'actionFailed', lastResponse: 'sink is broken' }])
  })

  test.each(['Groovy', 'Transit', 'QueryParams', 'Redis', 'Hdfs', 'Hbase', 'LowLevel'])(
    'refuses a chain with %s by name',
    action => {
      const sink = new CollectingSink()
      const create = () =>
        createActionChain(['Async', action, 'AsyncHttp'], { AsyncHttp: sink, PullServer: sink })

      expect(create).toThrow(UnsupportedActionError)
      expect(create).toThrow(action)
    },
  )

  test.each([[[]], [['Async', 'Json']], [['AsyncHttp', 'FormParams', 'AsyncHttp']], [['Async', 'Redis']]])(
    'refuses the list %j, which has not one sink at its end',
    actions => {
      const sink = new CollectingSink()

      expect(() => createActionChain(actions, { AsyncHttp: sink, PullServer: sink })).toThrow(
        UnsupportedActionError,
      )
    },
  )
})

describe('Json and FormParams', () => {
  test('CP-49 keeps every digit of a number', () => {
    const value = '{"id":1234567890123456789,"price":0.10000000000000000001,"big":1e400,"zero":1.0}'
    const { form } = run(JSON_PUSH, { value })

    expect(form).toEqual([['params', value]])
  })

  test('keeps nulls, and a member named __proto__', () => {
    const value = '{"__proto__":{"x":1},"n":null,"toJSON":1}'

    expect(run(JSON_PUSH, { value }).form).toEqual([['params', value]])
  })

  test('accepts names without quotes, single quotes and stray commas', () => {
    const value = `{a:1,'b':'it\\'s "x"',,"c":[1,,2,],true:true,}`
    const { form } = run(JSON_PUSH, { value })

    expect(form).toEqual([['params', '{"a":1,"b":"it\'s \\"x\\"","c":[1,2],"true":true}']])
  })

  test('the last of two members with one name wins', () => {
    expect(run(JSON_PUSH, { value: '{"a":1,"a":2}' }).form).toEqual([['params', '{"a":2}']])
  })

  test('CP-39 adds the context fields in configured order after params', () => {
    const subscription = subscriptionOf({
      appendContext: ['QID', 'PROPERTIES', 'OFFSET', 'SOURCE', 'GROUP', 'TOPIC'],
    })
    const { form } = run(['FormParams', 'AsyncHttp'], { subscription, value: 'é', properties: { p: '1' } })

    expect(form).toEqual([
      ['params', 'é'],
      ['carrera_qid', 'main_3'],
      ['carrera_properties', '{"p":"1"}'],
      ['carrera_offset', '42'],
      ['carrera_source', 'KAFKA'],
      ['carrera_group', 'billing'],
      ['carrera_topic', 'orders'],
    ])
  })

  test('CP-40 sends one field per member with FormParams2', () => {
    const { form } = run(['Json', 'FormParams2', 'AsyncHttp'], {
      value: '{"a":"x","b":1,"c":{"d":null},"e":true}',
    })

    expect(form).toEqual([
      ['a', 'x'],
      ['b', '1'],
      ['c', '{"d":null}'],
      ['e', 'true'],
    ])
  })

  test.each([
    [
      ['TOKEN', 'MSG_KEY'],
      ['carrera_token', 'carrera_msg_key'],
    ],
    [
      ['MSG_KEY', 'TOKEN'],
      ['carrera_msg_key', 'carrera_token'],
    ],
    [['TOKEN'], ['carrera_token', 'carrera_msg_key']],
  ])('CP-41 adds key and token for %j once', (appendContext, names) => {
    const subscription = subscriptionOf({ appendContext, tokenKey: 's' })
    const { form = [] } = run(['FormParams', 'AsyncHttp'], { subscription, key: 'k' })

    expect(form.slice(1).map(([name]) => name)).toEqual(names)
    expect(Object.fromEntries(form)).toMatchObject({
      // printf ks | md5sum
      carrera_token: '05f39d8aef6a4f54dcc0ce5ab4385742',
      carrera_msg_key: 'k',
    })
  })

  test('a missing key is a field without value, and the text null in the token', () => {
    const subscription = subscriptionOf({ appendContext: ['TOKEN', 'PROPERTIES'], tokenKey: 's' })
    const { form } = run(['FormParams', 'AsyncHttp'], { subscription })

    expect(form?.slice(1)).toEqual([
      // printf nulls | md5sum
      ['carrera_token', 'c642c4f3605cc8dc9ae17036b2b66e15'],
      ['carrera_msg_key', null],
      ['carrera_properties', 'null'],
    ])
  })
})
