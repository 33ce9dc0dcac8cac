import { createLogger } from '@ddmq/common/log'
import { EmbeddedRegistry } from '@ddmq/common/registry'
import { FakeClock } from '@ddmq/testkit'
import { expect, test } from 'vitest'
import { ConsumerGroups } from '../../src/app/consumer-groups.ts'
import { PullMessages } from '../../src/app/pull-messages.ts'
import { groupFixture, INSTANCE } from './group-fixture.ts'

const CALLER = { onDisconnect: () => () => undefined }

test.each([
  { id: 'CP-2', maxLingerTime: 200, heldMs: 200 },
  { id: 'CP-3', maxLingerTime: undefined, heldMs: 20 },
  { id: 'CP-3', maxLingerTime: 0, heldMs: 20 },
  { id: 'CP-5', maxLingerTime: 3_600_000, heldMs: 1000 },
])('$id a pull with linger $maxLingerTime is held for $heldMs ms where the limit is 1000', async each => {
  await using fixture = await groupFixture()
  const clock = new FakeClock()
  const registry = new EmbeddedRegistry({
    dir: '/nowhere',
    log: createLogger({ level: 'silent', pretty: false }),
  })
  const groups = new ConsumerGroups({ ...fixture.deps, registry, instance: INSTANCE })
  const pullMessages = new PullMessages(groups, { maxLingerMs: 1000, maxParkedPulls: 10 }, clock)
  let answered = false
  const reply = pullMessages
    .run({ groupId: 'nobody', maxLingerTime: each.maxLingerTime }, CALLER)
    .finally(() => {
      answered = true
    })
  await clock.advance(each.heldMs - 1)
  expect(answered).toBe(false)
  await clock.advance(1)
  expect(await reply).toBeUndefined()
})
