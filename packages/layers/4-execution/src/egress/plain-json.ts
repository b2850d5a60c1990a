import { type JsonValue, plainText } from '@lockstep/core'
import { copyJson, type JsonBudget } from './copy-json.ts'

/**
 * A copy of a JSON value whose texts and names are free of terminal escapes, bidirectional overrides and other hidden characters; `undefined` for
 * what is no JSON, deeper than 64, or beyond the budget.
 */
export function plainJson(value: JsonValue, budget: JsonBudget): JsonValue | undefined {
  const copy = copyJson(value, budget)
  return copy === undefined ? undefined : withoutHidden(copy)
}

/** A value of JSON with nothing hidden in its texts and names. What has nothing is returned as it is. */
export function withoutHidden(value: JsonValue): JsonValue {
  if (typeof value === 'string') return plainText(value)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    const items = value.map(withoutHidden)
    return items.some((item, at) => item !== value[at]) ? items : value
  }
  let isChanged = false
  const members = Object.entries(value).map(([name, member]): [string, JsonValue] => {
    const plain: [string, JsonValue] = [plainText(name), withoutHidden(member)]
    isChanged ||= plain[0] !== name || plain[1] !== member
    return plain
  })
  // INVARIANT: fromEntries defines members, so that `__proto__` stays data.
  return isChanged ? Object.fromEntries(members) : value
}
