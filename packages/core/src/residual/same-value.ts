import { sameEntity, type Value } from '../entity.ts'
import { meaningOf, sameExtension } from './extension/apply-extension.ts'

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
 * attacker-controlled: two sets of a call's arguments may have thousands of members each, and comparing each with each would take minutes;
 * so would a few sets of a few sets, several levels deep.
 */
function finder(members: readonly Value[], times: number): (value: Value) => boolean {
  if (members.length * times < MANY && members.every(isPlain)) return (value) => holds(members, value)
  const keys = new Set(members.map(keyOf))
  return (value) => keys.has(keyOf(value))
}

/** Whether it is compared at one glance. */
function isPlain(value: Value): boolean {
  return typeof value !== 'object' || 'entity' in value
}

/** INVARIANT: equal for equal values and for no others, as `sameValue` tells. */
function keyOf(value: Value): string | number | boolean {
  if (typeof value === 'string') return `"${value}`
  return typeof value === 'object' ? textOf(value) : value
}

/** The same as a text that tells where it ends: quoted, or in brackets. */
function textOf(value: Value): string {
  if (typeof value !== 'object') return typeof value === 'string' ? JSON.stringify(value) : String(value)
  if ('entity' in value) return `e${JSON.stringify([value.entity.type, value.entity.id])}`
  if ('extension' in value) return `x${JSON.stringify([value.extension.type, meaningOf(value.extension)])}`
  if ('set' in value) return `[${[...new Set(value.set.map(textOf))].sort().join()}]`
  const fields = Object.entries(value.record).map(([name, field]) => `${JSON.stringify(name)}:${textOf(field)}`)
  return `{${fields.sort().join()}}`
}
