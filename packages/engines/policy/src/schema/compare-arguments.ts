import type { Type } from '@cedar-policy/cedar-wasm/nodejs'
import { isRecord, resolve, type Schema } from '../resolve-type.ts'
import type { CedarRecord, CedarType } from './cedar-type.ts'
import type { Drift } from './drift.ts'
import { printType } from './print-schema.ts'
import { typeText } from './type-text.ts'

/** Types that a text becomes on its way into a question, where the schema says so. */
const FROM_TEXT = ['String', 'datetime', 'duration', 'decimal', 'ipaddr']

/**
 * Compares the arguments that a schema declares with those that the tool takes. Arguments that the schema leaves out are none of its
 * policies' business; what it declares must come as it says.
 */
export function compareArguments(
  schema: Schema,
  declared: Type<string>,
  taken: CedarRecord,
  at: string,
): readonly Drift[] {
  const record = resolve(schema, declared)
  if (!record || !isRecord(record)) return [changed(at, 'a record', typeText(schema, declared))]
  return Object.entries(record.attributes).flatMap(([name, type]): readonly Drift[] => {
    const place = `${at}.${name}`
    const member = taken.members.get(name)
    if (!member) {
      const gap = taken.gaps.find((one) => one.name === name)
      // The team typed what could not be mapped: calls whose value is of another type are refused.
      if (gap) return []
      return [{ kind: 'argument-gone', at: place, says: 'no tool of this action takes it any more; remove it' }]
    }
    if (type.required !== false && !member.required) {
      return [{ kind: 'type-changed', at: place, says: 'may be left out of a call; declare it optional (`?`)' }]
    }
    return compareType(schema, type, member.type, place)
  })
}

/** Compares the type that a schema declares with the one that a value comes in. */
export function compareType(schema: Schema, declared: Type<string>, taken: CedarType, at: string): readonly Drift[] {
  if (taken.is === 'record') return compareArguments(schema, declared, taken.record, at)
  const resolved = resolve(schema, declared)
  const found = typeText(schema, declared)
  if (taken.is === 'set') {
    if (resolved?.type !== 'Set' || !('element' in resolved)) return [changed(at, printType(taken), found)]
    return compareType(schema, resolved.element as Type<string>, taken.element, at)
  }
  const fits = taken.name === found || (taken.name === 'String' && FROM_TEXT.includes(found))
  return fits ? [] : [changed(at, taken.name, found)]
}

/** Says that a type is another one now. */
export function changed(at: string, is: string, declared: string): Drift {
  return { kind: 'type-changed', at, says: `is \`${oneLine(is)}\` and declared as \`${declared}\`; correct the schema` }
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ')
}
