import type { ApprovalNeed } from '@lockstep/core'

/**
 * How many of the people needed are there, each person counting under one relation alone: somebody who stands in both relations of a need for one of
 * each is one of the two. It is the size of a maximum matching, found by augmenting paths: no library serves for at most four by four.
 *
 * @param people the relations that each of them stands in
 */
export function matchConsents(needed: readonly ApprovalNeed[], people: readonly (readonly string[])[]): number {
  const seats = needed.flatMap(({ relation, count }) => Array.from({ length: count }, () => relation))
  const taken = new Map<number, number>()

  function seat(person: number, tried: Set<number>): boolean {
    return seats.some((relation, index) => {
      if (tried.has(index) || !people[person]?.includes(relation)) return false
      tried.add(index)
      const holder = taken.get(index)
      if (holder !== undefined && !seat(holder, tried)) return false
      taken.set(index, person)
      return true
    })
  }

  return people.filter((_, person) => seat(person, new Set())).length
}
