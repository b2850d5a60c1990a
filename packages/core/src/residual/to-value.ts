import type { Value } from '../entity.ts'
import { isJsonObject, type JsonValue } from '../json.ts'
import { LockstepError } from '../lockstep-error.ts'

const MAX_DEPTH = 32
const MAX_VALUES = 10_000

/** Members that the policy engine or JavaScript would read as something other than data. */
const RESERVED = new Set(['__entity', '__extn', '__expr', '__proto__'])

/**
 * Turns received JSON into a value that a policy can decide on.
 *
 * Strings stay strings: what comes from outside never becomes an entity. `null` is refused, because Cedar has no such value
 * and "absent" would be a guess. At most 32 levels and 10,000 values.
 *
 * @throws LockstepError `invocation.arguments-unsafe` for null, a number that is no safe integer, a text that is not
 * well-formed Unicode, a reserved member name, or a document beyond the bounds.
 */
export function toValue(json: JsonValue): Value {
  // attacker-controlled: tool arguments and results.
  const budget = { left: MAX_VALUES }
  return convert(json, 1, budget)
}

function convert(json: JsonValue, depth: number, budget: { left: number }): Value {
  budget.left -= 1
  if (budget.left < 0) throw unsafe(`more than ${MAX_VALUES} values`)
  if (depth > MAX_DEPTH) throw unsafe(`more than ${MAX_DEPTH} levels`)
  if (typeof json === 'boolean') return json
  if (typeof json === 'string') return text(json)
  if (typeof json === 'number') {
    if (!Number.isSafeInteger(json)) throw unsafe('a number is no safe integer')
    return json === 0 ? 0 : json
  }
  if (Array.isArray(json)) return { set: json.map((item: JsonValue) => convert(item, depth + 1, budget)) }
  if (!isJsonObject(json)) throw unsafe('null is not a value')
  const fields: [string, Value][] = []
  for (const [name, member] of Object.entries(json)) {
    if (RESERVED.has(name)) throw unsafe('a member name is reserved')
    fields.push([text(name), convert(member, depth + 1, budget)])
  }
  return { record: Object.fromEntries(fields) }
}

function text(value: string): string {
  // A lone surrogate is replaced on the way into the engine, so two different texts would become equal there.
  if (/\p{Surrogate}/u.test(value)) throw unsafe('a text is not well-formed Unicode')
  return value
}

function unsafe(detail: string): LockstepError {
  return new LockstepError('invocation.arguments-unsafe', detail)
}
