import fc from 'fast-check'
import { expect, test } from 'vitest'
import { partitionsOf, planGroup, type Subscription } from '../../src/kafka/group-plan.ts'
import { ModelGroup, ModelMember } from './group-model.ts'

const TOPICS = ['a', 'b'] as const

function checkSingleOwners(group: ModelGroup): void {
  const hands = group.members.flatMap(member => member.held.names)
  expect(hands.toSorted()).toEqual([...new Set(hands)].toSorted())
  expect(group.outdated).toEqual([])
}

/** Lets everything happen that is under way, in a random order. */
function settle(group: ModelGroup, next: () => number): void {
  for (let steps = 0; ; steps++) {
    const actions = group.actions()
    if (actions.length === 0) return
    expect(steps).toBeLessThan(2000)
    actions[next() % actions.length]?.()
    checkSingleOwners(group)
  }
}

function owner(memberId: string, generation: number): Subscription {
  return { memberId, topics: ['a'], claims: [], prefers: [], owned: ['a/0'], generation }
}

function add(group: ModelGroup, member: ModelMember): void {
  group.members.push(member)
  group.join(member)
}

type Disturbance = (group: ModelGroup, name: string, one: ModelMember | undefined) => void

/** Anything that may happen to a group from outside. */
const DISTURBANCES: readonly Disturbance[] = [
  (group, name) => add(group, new ModelMember(group, name, ['a'])),
  (group, name) => add(group, new ModelMember(group, name, TOPICS)),
  (group, name) => add(group, new ModelMember(group, name, [], ['a/0', 'b/1', 'b/9'])),
  (group, _name, one) => one !== undefined && group.remove(one),
  // The answer with its part of the plan never arrives; it joins again.
  (group, _name, one) => one !== undefined && group.join(one),
  (group, _name, one) => {
    group.counts.set('b', (group.counts.get('b') ?? 0) + 1)
    if (one !== undefined) group.join(one)
  },
  // Lost, but not gone: a new member of the same process.
  (group, _name, one) => {
    if (one === undefined) return
    group.remove(one)
    add(group, one)
  },
]

function disturb(group: ModelGroup, choice: number, name: string): void {
  const one = group.members[choice % Math.max(1, group.members.length)]
  DISTURBANCES[choice % DISTURBANCES.length]?.(group, name, one)
}

test('M1 M3 M4 M6 M10: no partition is ever in two hands, whatever happens in whatever order', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(1000), { maxLength: 120 }),
      fc.infiniteStream(fc.nat(1000)),
      fc.boolean(),
      (choices, stream, areReadsSlow) => {
        const group = new ModelGroup()
        for (const [index, choice] of choices.entries()) {
          const actions = group.actions(areReadsSlow && choice % 16 !== 0)
          const isDisturbed = choice % 4 === 0 || actions.length === 0
          if (isDisturbed) disturb(group, choice >> 2, `m${index}`)
          else actions[choice % actions.length]?.()
          checkSingleOwners(group)
        }
        settle(group, () => stream.next().value ?? 0)
        for (const claimer of group.members.filter(({ claims }) => claims.length > 0)) group.remove(claimer)
        settle(group, () => stream.next().value ?? 0)

        const wanted = partitionsOf(
          group.members.flatMap(({ topics }) => topics),
          group.counts,
        )
        const held = group.members.flatMap(member => member.held.committable)
        expect(held.toSorted()).toEqual(wanted.toSorted())
      },
    ),
    { numRuns: 4000 },
  )
})

test('M2 M3: ends evenly spread, and a claimer has what it claims', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), fc.infiniteStream(fc.nat(1000)), (size, stream) => {
      const next = (): number => stream.next().value ?? 0
      const group = new ModelGroup()
      for (let index = 0; index < size; index++) {
        const member = new ModelMember(group, `m${index}`, TOPICS)
        group.members.push(member)
        group.join(member)
        settle(group, next)
      }
      const sizes = group.members.map(({ held }) => held.committable.length)
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)

      const claimer = new ModelMember(group, 'claimer', [], ['a/1', 'b/0'])
      group.members.push(claimer)
      group.join(claimer)
      settle(group, next)

      expect(claimer.held.committable.toSorted()).toEqual(['a/1', 'b/0'])
    }),
    { numRuns: 300 },
  )
})

test('M1: of two that say they own a partition, the one of the later generation keeps it', () => {
  const plan = planGroup([owner('older', 3), owner('newer', 4)], new Map([['a', 1]]))

  expect(plan).toEqual(
    new Map([
      ['older', []],
      ['newer', ['a/0']],
    ]),
  )
})
