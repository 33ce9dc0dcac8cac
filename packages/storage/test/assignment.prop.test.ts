import fc from 'fast-check'
import { expect, test } from 'vitest'
import { assign } from '../src/assignment.ts'

const names = Array.from({ length: 12 }, (_, index) => `1/${index}`)

test('G1 G2 G3: gives each partition to one member, evenly, and moves no more than needed', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 1, max: 6 }),
      fc.infiniteStream(fc.nat(5)),
      fc.infiniteStream(fc.subarray(names)),
      (partitions, members, owners, preferences) => {
        const all = names.slice(0, partitions)
        const holds = Array.from({ length: members }, () => new Set<string>())
        for (const name of all) holds[owners.next().value ?? 0]?.add(name)
        const candidates = holds.map((held, index) => ({
          memberId: `m${index}`,
          wants: new Set(all),
          holds: held,
          prefers: new Set<string>(preferences.next().value ?? []),
        }))

        const given = assign(candidates, all)

        const sizes = [...given.values()].map(({ size }) => size)
        expect([...given.values()].flatMap(set => [...set]).toSorted()).toEqual(all.toSorted())
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
        // Whoever held no more than the smallest share keeps all of it.
        const share = Math.floor(partitions / members)
        for (const { memberId, holds: held } of candidates) {
          const kept = [...held].filter(name => given.get(memberId)?.has(name)).length
          expect(kept).toBeGreaterThanOrEqual(Math.min(held.size, share))
        }
      },
    ),
    { numRuns: 2000 },
  )
})

test('G3: a member with its share keeps it while a richer one gives to an empty one', () => {
  const wants = new Set(names.slice(0, 9))
  const holds = [['1/0', '1/1', '1/2'], names.slice(3, 9), []]
  const candidates = holds.map((held, index) => ({ memberId: `m${index}`, wants, holds: new Set(held) }))

  const given = assign(candidates, [...wants])

  expect(given.get('m0')).toEqual(new Set(['1/0', '1/1', '1/2']))
  expect([...given.values()].map(({ size }) => size)).toEqual([3, 3, 3])
})

test('G1: leaves out nobody that wants a partition and nothing that is wanted', () => {
  fc.assert(
    fc.property(fc.array(fc.subarray(names), { minLength: 1, maxLength: 5 }), wishes => {
      const candidates = wishes.map((wants, index) => ({
        memberId: `m${index}`,
        wants: new Set(wants),
        holds: new Set<string>(),
      }))

      const given = assign(candidates, names)

      const wanted = names.filter(name => wishes.some(wish => wish.includes(name)))
      expect([...given.values()].flatMap(set => [...set]).toSorted()).toEqual(wanted.toSorted())
      for (const { memberId, wants } of candidates) {
        for (const name of given.get(memberId) ?? []) expect(wants.has(name)).toBe(true)
      }
    }),
  )
})

test('G6: what a member held that is gone goes to who prefers it, as far as the numbers stay even', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 2, max: 6 }),
      fc.infiniteStream(fc.option(fc.nat(4))),
      (partitions, members, standbys) => {
        const all = names.slice(0, partitions)
        const wants = new Set(all)
        const ids = Array.from({ length: members }, (_, index) => `m${index}`)
        const before = assign(
          ids.map(memberId => ({ memberId, wants, holds: new Set<string>() })),
          all,
        )
        const orphans = [...(before.get('m0') ?? [])]
        const standbyOf = new Map(
          orphans.map(name => [name, `m${1 + ((standbys.next().value ?? 9) % (members + 1))}`]),
        )
        const survivors = ids.slice(1).map(memberId => ({
          memberId,
          wants,
          holds: before.get(memberId) ?? new Set<string>(),
          prefers: new Set(orphans.filter(name => standbyOf.get(name) === memberId)),
        }))

        const given = assign(survivors, all)

        const sizes = [...given.values()].map(({ size }) => size)
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
        for (const { memberId, holds, prefers } of survivors) {
          const mine = given.get(memberId) ?? new Set()
          expect([...holds].every(name => mine.has(name))).toBe(true)
          const missed = [...prefers].filter(name => !mine.has(name))
          if (missed.length === 0) continue
          expect([...mine].every(name => holds.has(name) || prefers.has(name))).toBe(true)
          for (const name of missed) {
            const place = [...given.values()].find(share => share.has(name))
            expect(mine.size).toBeGreaterThanOrEqual(place?.size ?? 0)
          }
        }
      },
    ),
    { numRuns: 2000 },
  )
})

test('G6: a member that comes takes from the richer ones what it prefers', () => {
  const wants = new Set(names.slice(0, 4))
  const candidates = [
    { memberId: 'rich', wants, holds: wants },
    { memberId: 'back', wants, holds: new Set<string>(), prefers: new Set(['1/0', '1/2']) },
  ]

  expect(assign(candidates, [...wants]).get('back')).toEqual(new Set(['1/0', '1/2']))
})
