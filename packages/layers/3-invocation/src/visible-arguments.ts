import {
  isJsonObject,
  type JsonObject,
  type JsonValue,
  toValue,
  type Value,
  type VisibleMembers,
  type VisibleShape,
} from '@lockstep/core'

/**
 * The context member `arguments` of a question: only the members that the schema declares reach the policy, at any depth; the digest
 * covers them all. A member that may be absent is absent where it is `null`, because Cedar has no such value.
 *
 * @param members the declared members of `context.arguments`; absent when the action declares none
 * @throws LockstepError `invocation.arguments-unsafe`
 */
export function visibleArguments(
  members: VisibleMembers | undefined,
  given: JsonObject,
): { readonly arguments?: Value } {
  return members ? { arguments: visibleMembers(members, given) } : {}
}

/** Of a record, what the schema declares, at any depth. Throws as `visibleArguments` does. */
export function visibleMembers(members: VisibleMembers, given: JsonObject): Value {
  return toValue(declared(members, given))
}

/** The depth is that of the schema, which is bounded; what it does not describe is checked by `toValue`. */
function declared(members: VisibleMembers, given: JsonObject): JsonObject {
  // attacker-controlled: the caller wrote these values, and their names may be inherited ones.
  const kept = [...members].flatMap(([name, { required, shape }]) => {
    const value = Object.hasOwn(given, name) ? given[name] : undefined
    return value === undefined || (value === null && !required) ? [] : [[name, shaped(shape, value)] as const]
  })
  return Object.fromEntries(kept)
}

function shaped(shape: VisibleShape, value: JsonValue): JsonValue {
  if ('members' in shape) return isJsonObject(value) ? declared(shape.members, value) : value
  if ('each' in shape) return Array.isArray(value) ? value.map((item: JsonValue) => shaped(shape.each, item)) : value
  return value
}
