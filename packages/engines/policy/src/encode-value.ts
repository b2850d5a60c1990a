import type { CedarValueJson, EntityJson } from '@cedar-policy/cedar-wasm/nodejs'
import { type EntityFact, type ExtensionValue, isExtensionLiteral, LockstepError, type Value } from '@lockstep/core'

const MAX_DEPTH = 48

/** Member names that Cedar's JSON form reads as something other than a record's member. */
const RESERVED = new Set(['__entity', '__extn', '__expr', '__proto__'])

/**
 * Writes a value in Cedar's JSON form. Only a value that is an entity becomes an entity there: a record that imitates one is
 * refused.
 *
 * @throws LockstepError `policy.evaluation-failed` for a number that is no safe integer, a reserved member name, a text that is
 * not well-formed Unicode, something that is no value at all, or more than 48 levels
 */
export function encodeValue(value: Value, depth = 1): CedarValueJson {
  // attacker-controlled: arguments and stored attributes arrive here.
  if (depth > MAX_DEPTH) throw unfit('a value nests too deeply')
  if (typeof value === 'boolean') return value
  if (typeof value === 'string') return encodeText(value)
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) throw unfit('a number is no safe integer')
    return value === 0 ? 0 : value
  }
  // At runtime anything may have come through a cast: null, a Date, a bigint, an object of another shape.
  if (typeof value !== 'object' || value === null) throw unfit('something is no value')
  if ('entity' in value) return { __entity: encodeRef(value.entity) }
  if ('extension' in value) return encodeExtension(value.extension)
  if ('set' in value && Array.isArray(value.set)) {
    return value.set.map((member: Value) => encodeValue(member, depth + 1))
  }
  if ('record' in value) return encodeRecord(value.record, depth)
  throw unfit('something is no value')
}

/** Writes a record's members, as a context or as an entity's attributes. */
export function encodeRecord(record: Readonly<Record<string, Value>>, depth = 1): Record<string, CedarValueJson> {
  return Object.fromEntries(
    Object.entries(record).map(([name, member]) => {
      if (RESERVED.has(name)) throw unfit('a member name is reserved')
      return [encodeText(name), encodeValue(member, depth + 1)]
    }),
  )
}

/** Writes an entity with its attributes and parents. */
export function encodeFact(fact: EntityFact): EntityJson {
  return {
    uid: encodeRef(fact),
    attrs: encodeRecord(fact.attributes),
    parents: fact.parents.map(encodeRef),
    ...(fact.tags && { tags: encodeTags(fact.tags) }),
  }
}

/** Tags may have any name. */
function encodeTags(tags: Readonly<Record<string, Value>>): Record<string, CedarValueJson> {
  return Object.fromEntries(Object.entries(tags).map(([name, tag]) => [encodeText(name), encodeValue(tag, 2)]))
}

function encodeExtension({ type, text }: ExtensionValue): CedarValueJson {
  if (!isExtensionLiteral(type, text)) throw unfit('a text is no literal of its type')
  return { __extn: { fn: type === 'ipaddr' ? 'ip' : type, arg: text } }
}

/** Writes a reference to an entity. */
export function encodeRef(ref: { readonly type: string; readonly id: string }): { type: string; id: string } {
  if (typeof ref.type !== 'string' || typeof ref.id !== 'string') throw unfit('an entity has no type or no id')
  return { type: encodeText(ref.type), id: encodeText(ref.id) }
}

function encodeText(text: string): string {
  // A lone surrogate would be replaced on the way into the engine: two different texts would become equal there.
  if (/\p{Surrogate}/u.test(text)) throw unfit('a text is not well-formed Unicode')
  return text
}

function unfit(detail: string): LockstepError {
  return new LockstepError('policy.evaluation-failed', detail)
}
