import { type JsonValue, plainText } from '@lockstep/core'

/** How much is released as it is. */
export interface PlainBudget {
  values: number
}

/** Deeper ones are no data that anybody reads; the end of a circle is never reached. */
const DEEPEST = 64

/**
 * A JSON value whose texts and names are free of terminal escapes, bidirectional overrides and other hidden characters; `undefined` for what is
 * no JSON, deeper than 64, or beyond the budget.
 */
export function plainJson(value: JsonValue, budget: PlainBudget, depth = 0): JsonValue | undefined {
  budget.values -= 1
  if (budget.values < 0 || depth > DEEPEST) return undefined
  if (typeof value === 'string') return plainText(value)
  if (typeof value !== 'object') return typeof value === 'boolean' || Number.isFinite(value) ? value : undefined
  if (value === null) return null
  if (Array.isArray(value)) {
    const items: JsonValue[] = []
    for (const item of value) {
      const plain = plainJson(item, budget, depth + 1)
      if (plain === undefined) return undefined
      items.push(plain)
    }
    return items
  }
  const members: [string, JsonValue][] = []
  for (const [name, member] of Object.entries(value)) {
    const plain = plainJson(member, budget, depth + 1)
    if (plain === undefined) return undefined
    members.push([plainText(name), plain])
  }
  // INVARIANT: fromEntries defines members, so that `__proto__` stays data.
  return Object.fromEntries(members)
}
