import type { EntityFact, EntityRef } from './entity.ts'

/** Whether an entity is inside itself, over however many others. Of any depth: it does not recurse. */
export function hasCycle(facts: readonly EntityFact[]): boolean {
  const open = facts.filter(({ parents }) => parents.length > 0)
  if (open.length === 0) return false
  const key = ({ type, id }: EntityRef) => JSON.stringify([type, id])
  // Edges to entities of which no parent is known cannot be part of a cycle.
  const above = new Map<string, Set<string>>()
  for (const fact of open) above.set(key(fact), new Set())
  for (const fact of open) {
    for (const parent of fact.parents) if (above.has(key(parent))) above.get(key(fact))?.add(key(parent))
  }
  const below = new Map<string, number>([...above.keys()].map((entity) => [entity, 0]))
  for (const parents of above.values()) for (const parent of parents) below.set(parent, (below.get(parent) ?? 0) + 1)
  const free = [...below].flatMap(([entity, count]) => (count === 0 ? [entity] : []))
  let taken = 0
  for (let next = free.pop(); next !== undefined; next = free.pop()) {
    taken += 1
    for (const parent of above.get(next) ?? []) {
      const left = (below.get(parent) ?? 0) - 1
      below.set(parent, left)
      if (left === 0) free.push(parent)
    }
  }
  return taken < above.size
}
