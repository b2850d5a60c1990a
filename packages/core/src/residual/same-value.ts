import { sameEntity, type Value } from '../entity.ts'
import { sameExtension } from './extension/apply-extension.ts'

/** The kind of a value, as Cedar's types see it. */
export type ValueKind = 'boolean' | 'number' | 'string' | 'entity' | 'extension' | 'set' | 'record'

/** Tells which kind a value is. */
export function kindOf(value: Value): ValueKind {
  if (typeof value !== 'object') return typeof value as 'boolean' | 'number' | 'string'
  if ('entity' in value) return 'entity'
  if ('extension' in value) return 'extension'
  return 'set' in value ? 'set' : 'record'
}

/**
 * Whether two values are equal as Cedar compares them: kinds never mix, sets ignore order and repetition, entities compare by
 * type and id, extension values by what their texts mean.
 */
export function sameValue(a: Value, b: Value): boolean {
  if (typeof a !== 'object' || typeof b !== 'object') return a === b
  if ('entity' in a) return 'entity' in b && sameEntity(a.entity, b.entity)
  if ('extension' in a) return 'extension' in b && sameExtension(a.extension, b.extension)
  if ('set' in a) return 'set' in b && covers(a.set, b.set) && covers(b.set, a.set)
  if (!('record' in b)) return false
  const names = Object.keys(a.record)
  return (
    names.length === Object.keys(b.record).length &&
    names.every((name) => Object.hasOwn(b.record, name) && sameValue(a.record[name]!, b.record[name]!))
  )
}

/** Whether a list of set members holds a value. */
export function holds(members: readonly Value[], value: Value): boolean {
  return members.some((member) => sameValue(member, value))
}

/** Whether every member of `inner` is in `outer`. */
export function covers(outer: readonly Value[], inner: readonly Value[]): boolean {
  return inner.every(finder(outer, inner.length))
}

/** Whether two lists of set members have one in common. */
export function overlaps(a: readonly Value[], b: readonly Value[]): boolean {
  return b.some(finder(a, b.length))
}

/** From so many pairs on an index pays. */
const MANY = 256

/**
 * Tells whether a list holds a value, so many times over.
 *
 * attacker-controlled: two sets of a call's arguments may have thousands of members each, and comparing each with each would take minutes.
 */
function finder(members: readonly Value[], times: number): (value: Value) => boolean {
  if (members.length * times < MANY) return (value) => holds(members, value)
  const keys = new Set(members.map(keyOf))
  return (value) => {
    const key = keyOf(value)
    return key === undefined ? holds(members, value) : keys.has(key)
  }
}

/** Equal for equal values; `undefined` for a value that can be written in several ways. */
function keyOf(value: Value): string | number | boolean | undefined {
  if (typeof value === 'string') return `"${value}`
  if (typeof value !== 'object') return value
  return 'entity' in value ? JSON.stringify([value.entity.type, value.entity.id]) : undefined
}
