import {
  type AuthorizedCall,
  actorEntity,
  callContext,
  type EntityFact,
  type EntityRef,
  evaluate,
  isLockstepError,
  SUBJECT_TYPE,
  subjectEntity,
  type Value,
} from '@lockstep/core'
import { storedValue } from '../policy/attribute-kind.ts'
import { arrayLiteral } from './array-literal.ts'
import { OPEN_FACT } from './floor-condition.ts'
import type { FloorFact } from './floor-facts.ts'

/** Facts of one call as texts, by name; null where one cannot be told. */
export type ToldFacts = Readonly<Record<string, string | null>>

/**
 * Evaluates what the floor's conditions read of a call: by the evaluator that decisions are made with, so that the database needs to know of
 * values only how they are stored.
 */
export function tellFacts(
  facts: readonly FloorFact[],
  call: Pick<AuthorizedCall, 'caller' | 'tool' | 'facts'>,
): ToldFacts {
  const context: Value = { record: callContext(call.caller, call.tool) }
  const known = { facts: call.facts.entities }
  const told = facts.map(({ name, principal, of, form }): readonly [string, string | null] => {
    const entity = principal === SUBJECT_TYPE ? subjectEntity(call.caller) : actorEntity(call.caller)
    let value: Value
    try {
      value = evaluate(of, { principal: { entity }, context }, known)
    } catch (error) {
      if (!isLockstepError(error)) throw error
      return [name, null]
    }
    return [name, textOf(value, form, call.facts.entities) ?? null]
  })
  return Object.fromEntries([[OPEN_FACT, 'true'], ...told])
}

function textOf(value: Value, form: FloorFact['form'], facts: readonly EntityFact[]): string | undefined {
  if (form.as === 'truth') return typeof value === 'boolean' ? String(value) : undefined
  const { kind } = form
  if (form.as === 'value') {
    const stored = storedValue(kind, value)
    return stored === undefined ? undefined : String(stored)
  }
  const members = form.as === 'ancestors' ? withAncestors(value, facts) : membersOf(value)
  const stored = members.map((member) => storedValue(kind, member))
  if (form.as === 'every') return String(stored.every((one) => one !== undefined))
  return arrayLiteral(stored.flatMap((one) => one ?? []))
}

function membersOf(value: Value): readonly Value[] {
  return typeof value === 'object' && 'set' in value ? value.set : [value]
}

/** An entity and everything that it is in. */
function withAncestors(value: Value, facts: readonly EntityFact[]): readonly Value[] {
  const found = new Map<string, EntityRef>()
  const queue = typeof value === 'object' && 'entity' in value ? [value.entity] : []
  for (let next = queue.pop(); next; next = queue.pop()) {
    const { type, id } = next
    const key = JSON.stringify([type, id])
    if (found.has(key)) continue
    found.set(key, { type, id })
    queue.push(...(facts.find((fact) => fact.type === type && fact.id === id)?.parents ?? []))
  }
  return [...found.values()].map((entity) => ({ entity }))
}
