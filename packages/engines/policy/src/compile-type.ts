import type { Type } from '@cedar-policy/cedar-wasm/nodejs'
import { type ExtensionType, isExtensionLiteral, type Value } from '@lockstep/core'
import { isRecord, resolve, type Schema } from './resolve-type.ts'

/** Takes a value that fits a type and gives it back, as what the type says it is; `undefined` for a value that does not fit. */
export type Fit = (value: Value | undefined) => Value | undefined

/** The same for the members of a record, an entity's attributes or a context. */
export type FitMembers = (members: Readonly<Record<string, Value>>) => Readonly<Record<string, Value>> | undefined

/** The ids of entity types that list theirs, by type. */
export type ListedIds = ReadonlyMap<string, ReadonlySet<string>>

const EXTENSIONS: readonly string[] = ['decimal', 'ipaddr', 'datetime', 'duration'] satisfies ExtensionType[]

/**
 * Compiles a type of the schema into a check that allocates nothing for values that fit as they are. A record must have every required
 * member and no undeclared one. Texts where the schema says decimal, ipaddr, datetime or duration become values of that type, because JSON
 * has no other way to carry them; nothing else is converted, and no data ever becomes an entity.
 *
 * @returns `undefined` for a type that is not supported
 */
export function compileType(schema: Schema, type: Type<string>, listed: ListedIds): Fit | undefined {
  const resolved = resolve(schema, type)
  if (!resolved) return undefined
  if (isRecord(resolved)) {
    const members = compileMembers(schema, resolved, listed)
    return members && fitRecord(members)
  }
  if (EXTENSIONS.includes(resolved.type)) return fitExtension(resolved.type)
  if (resolved.type === 'Extension' && 'name' in resolved && EXTENSIONS.includes(String(resolved.name))) {
    return fitExtension(String(resolved.name))
  }
  switch (resolved.type) {
    case 'String':
      // A lone surrogate would become another text on its way into other engines and stores: two would be equal there.
      return (value) => (typeof value === 'string' && value.isWellFormed() ? value : undefined)
    case 'Long':
      return (value) => (typeof value === 'number' && Number.isSafeInteger(value) ? value : undefined)
    case 'Boolean':
    case 'Bool':
      return (value) => (typeof value === 'boolean' ? value : undefined)
    case 'Set': {
      const element = 'element' in resolved && isType(resolved.element) && compileType(schema, resolved.element, listed)
      return element ? fitSet(element) : undefined
    }
    case 'Entity':
      return 'name' in resolved && typeof resolved.name === 'string'
        ? fitEntity(resolved.name, listed.get(resolved.name))
        : undefined
    default:
      return undefined
  }
}

/** Compiles a record type; `undefined` for one that is open or has a member of an unsupported type. */
export function compileMembers(schema: Schema, record: Type<string>, listed: ListedIds): FitMembers | undefined {
  if (!isRecord(record) || record.additionalAttributes === true) return undefined
  const fits = new Map<string, Fit>()
  const required: string[] = []
  for (const [name, type] of Object.entries(record.attributes)) {
    const fit = compileType(schema, type, listed)
    // Assigning to this name would change an object's prototype, not its members.
    if (!fit || name === '__proto__') return undefined
    fits.set(name, fit)
    if (type.required !== false) required.push(name)
  }
  return (members) => {
    for (const name of required) if (!Object.hasOwn(members, name)) return undefined
    let changed: Record<string, Value> | undefined
    for (const name of Object.keys(members)) {
      const value = members[name]
      const fitted = fits.get(name)?.(value)
      if (fitted === undefined) return undefined
      if (fitted === value) continue
      changed ??= Object.fromEntries(Object.entries(members))
      changed[name] = fitted
    }
    return changed ?? members
  }
}

function fitRecord(fit: FitMembers): Fit {
  return (value) => {
    if (!isObject(value) || !('record' in value) || !isObject(value.record)) return undefined
    const fitted = fit(value.record)
    return fitted && (fitted === value.record ? value : { record: fitted })
  }
}

function fitSet(element: Fit): Fit {
  return (value) => {
    if (!isObject(value) || !('set' in value) || !Array.isArray(value.set)) return undefined
    const members: readonly Value[] = value.set
    let changed: Value[] | undefined
    for (const [index, member] of members.entries()) {
      const fitted = element(member)
      if (fitted === undefined) return undefined
      if (fitted === member) continue
      changed ??= [...members]
      changed[index] = fitted
    }
    return changed ? { set: changed } : value
  }
}

function fitEntity(type: string, ids: ReadonlySet<string> | undefined): Fit {
  return (value) => {
    if (!isObject(value) || !('entity' in value) || !isObject(value.entity)) return undefined
    const { entity } = value
    if (entity.type !== type || typeof entity.id !== 'string' || !entity.id.isWellFormed()) return undefined
    return ids && !ids.has(entity.id) ? undefined : value
  }
}

function fitExtension(name: string): Fit {
  const type = name as ExtensionType
  return (value) => {
    if (typeof value === 'string')
      return isExtensionLiteral(type, value) ? { extension: { type, text: value } } : undefined
    if (!isObject(value) || !('extension' in value) || !isObject(value.extension)) return undefined
    const { extension } = value
    if (extension.type !== type || typeof extension.text !== 'string') return undefined
    return isExtensionLiteral(type, extension.text) ? value : undefined
  }
}

/** At runtime anything may have come through a cast: null, a Date, a bigint, an object of another shape. */
function isObject<T>(value: T): value is T & object {
  return typeof value === 'object' && value !== null
}

function isType(value: unknown): value is Type<string> {
  return typeof value === 'object' && value !== null && 'type' in value
}
