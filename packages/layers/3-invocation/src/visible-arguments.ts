import { type JsonObject, toValue, type Value } from '@lockstep/core'

/**
 * The context member `arguments` of a question: only the arguments that the schema declares reach the policy; the digest covers
 * them all.
 *
 * @param names the declared members of `context.arguments`; absent when the action declares none
 * @throws LockstepError `invocation.arguments-unsafe`
 */
export function visibleArguments(
  names: readonly string[] | undefined,
  given: JsonObject,
): { readonly arguments?: Value } {
  if (!names) return {}
  // attacker-controlled: the caller wrote these values, and their names may be inherited ones.
  const record = names.flatMap((name) => {
    const value = Object.hasOwn(given, name) ? given[name] : undefined
    return value === undefined ? [] : [[name, toValue(value)] as const]
  })
  return { arguments: { record: Object.fromEntries(record) } }
}
