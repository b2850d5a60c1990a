import { isJsonObject, type JsonObject, type JsonValue } from '@lockstep/core'
import { DEEPEST_VALUE } from './deepest-value.ts'

/** How many values a result may have. */
export interface JsonBudget {
  values: number
}

/**
 * A copy of a JSON value; `undefined` for what is no JSON, deeper than 64, or beyond the budget. What a handler does to its result afterwards, or answers
 * differently when asked twice, is not in it.
 */
export function copyJson(value: JsonValue | undefined, budget: JsonBudget, depth = 0): JsonValue | undefined {
  if (typeof value !== 'object' || value === null) {
    budget.values -= 1
    return budget.values < 0 || !isScalar(value) ? undefined : value
  }
  if (depth > DEEPEST_VALUE) return undefined
  return isJsonObject(value) ? copyMembers(value, budget, depth) : copyItems(value, budget, depth)
}

/** Whether JSON can write something that is no object as it is. */
function isScalar(value: unknown): value is JsonValue {
  return typeof value === 'string' || typeof value === 'boolean' || value === null || Number.isFinite(value)
}

function copyItems(value: readonly JsonValue[], budget: JsonBudget, depth: number): readonly JsonValue[] | undefined {
  budget.values -= 1
  if (value.length > budget.values) return undefined
  const items: JsonValue[] = []
  for (let at = 0; at < value.length; at += 1) {
    const copy = copyJson(value[at], budget, depth + 1)
    if (copy === undefined) return undefined
    items.push(copy)
  }
  return items
}

function copyMembers(value: JsonObject, budget: JsonBudget, depth: number): JsonObject | undefined {
  // INVARIANT: a copy by spreading defines members, so that `__proto__` stays data, and is looked at instead of what it was made of.
  const copy: Record<string, JsonValue> = { ...value }
  const names = Object.keys(copy)
  budget.values -= 1
  if (names.length > budget.values) return undefined
  for (const name of names) {
    const member = copy[name]
    const own = copyJson(member, budget, depth + 1)
    if (own === undefined) return undefined
    if (own !== member) copy[name] = own
  }
  return copy
}
