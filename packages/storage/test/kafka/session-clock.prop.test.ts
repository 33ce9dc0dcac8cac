import { FakeClock } from '@ddmq/testkit'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SessionClock } from '../../src/kafka/session-clock.ts'

const SESSION_MS = 1_000
const REBALANCE_MS = 1_200

/** What the coordinator knows of a member, and what is on its way between them. */
class SessionRig {
  readonly clock = new FakeClock()
  readonly session = new SessionClock(
    this.clock,
    { sessionTimeoutMs: SESSION_MS, rebalanceTimeoutMs: REBALANCE_MS },
    () => this.losses++,
  )
  losses = 0
  begun = 0
  /** When the member was last heard of, by the coordinator's clock; undefined when it was dropped. */
  #heardMs: number | undefined
  /** When it began to form the next generation, in which the member has not joined yet. */
  #formingMs: number | undefined
  #sent: number[] = []
  #answers: { readonly sentMs: number; readonly isNew: boolean; readonly isForming: boolean }[] = []

  async pass(ms: number): Promise<void> {
    await this.clock.advance(ms)
    const nowMs = this.clock.monotonicMs()
    const isSilent = this.#heardMs === undefined || nowMs - this.#heardMs >= SESSION_MS
    const isLate = this.#formingMs !== undefined && nowMs - this.#formingMs >= REBALANCE_MS
    if (isSilent || isLate) this.#heardMs = undefined
    if (isLate) this.#formingMs = undefined
  }

  send(): void {
    this.#sent.push(this.clock.monotonicMs())
  }

  /** Some time later the coordinator gets it, and takes the member in anew when it was dropped. */
  process(): void {
    const sentMs = this.#sent.shift()
    if (sentMs === undefined) return
    const isNew = this.#heardMs === undefined
    // Who is taken in joins by that.
    if (isNew) this.#formingMs = undefined
    this.#answers.push({ sentMs, isNew, isForming: this.#formingMs !== undefined })
    this.#heardMs = this.clock.monotonicMs()
  }

  /** Some time later the member gets the answer. */
  answer(): void {
    const answer = this.#answers.shift()
    if (answer === undefined) return
    if (answer.isForming) this.session.heardForming(answer.sentMs)
    else if (answer.isNew || this.session.isOver) {
      this.begun++
      this.session.begin(answer.sentMs)
    } else this.session.heard(answer.sentMs)
  }

  /** Nothing is late. */
  talk(): void {
    this.loseOnTheWay()
    this.send()
    this.process()
    this.answer()
  }

  loseOnTheWay(): void {
    this.#sent = []
    this.#answers = []
  }

  /** Another member joins: who does not join as well in time is dropped. */
  form(): void {
    this.#formingMs ??= this.clock.monotonicMs()
  }

  /** The member has joined too; what it is answered gets lost. */
  formed(): void {
    this.#formingMs = undefined
    this.reload()
  }

  /** Another broker takes over, or the same comes back: every member that it knows has a whole session. */
  reload(): void {
    if (this.#heardMs !== undefined) this.#heardMs = this.clock.monotonicMs()
  }

  get isKept(): boolean {
    return this.#heardMs !== undefined
  }
}

const STEPS = ['send', 'process', 'answer', 'loseOnTheWay', 'reload', 'form', 'formed'] as const

test('M7 M11 no member thinks that it is in a group whose coordinator has dropped it, whatever is lost, late, formed or loaded anew', async () => {
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...STEPS) },
    { weight: 1, arbitrary: fc.constant('talk' as const) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: SESSION_MS }) },
  )
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60, size: 'max' }), async steps => {
      const rig = new SessionRig()
      for (const next of steps) {
        if (typeof next === 'number') await rig.pass(next)
        else rig[next]()
        expect(rig.isKept || rig.session.isOver).toBe(true)
      }
      await rig.pass(SESSION_MS)
      expect([rig.session.isOver, rig.losses]).toEqual([true, rig.begun])
    }),
    { numRuns: 1000 },
  )
})
