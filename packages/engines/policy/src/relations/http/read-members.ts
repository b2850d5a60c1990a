import type { JsonObject, JsonValue, RelationTuple } from '@lockstep/core'
import { isJsonObject } from '@lockstep/core'
import { OpenfgaError } from './openfga-error.ts'

/** A request that is no request of the API. */
export function invalid(message: string): OpenfgaError {
  return new OpenfgaError(400, 'validation_error', message)
}

/** A member that is an object; absent, it is an empty one. */
export function objectIn(body: JsonObject, name: string): JsonObject {
  const value = body[name] ?? {}
  if (!isJsonObject(value)) throw invalid(`\`${name}\` must be an object`)
  return value
}

/** A member that is a list, no longer than `most`; absent, it is an empty one. */
export function listIn(body: JsonObject, name: string, most: number): readonly JsonObject[] {
  const value: JsonValue | undefined = body[name] ?? []
  if (!Array.isArray(value) || value.length > most) throw invalid(`\`${name}\` must be a list of at most ${most}`)
  return value.map((one: JsonValue) => {
    if (!isJsonObject(one)) throw invalid(`\`${name}\` must hold objects`)
    return one
  })
}

/** A member that is a text. */
export function textIn(body: JsonObject, name: string): string {
  const value = body[name]
  if (typeof value !== 'string') throw invalid(`\`${name}\` must be a text`)
  return value
}

/** A member that is a text, or absent or empty. */
export function optionalText(body: JsonObject, name: string): string | undefined {
  return body[name] === undefined || body[name] === null || body[name] === '' ? undefined : textIn(body, name)
}

/** A tuple key. One with a condition is refused: it would hold without it. */
export function tupleIn(key: JsonObject): RelationTuple {
  if (key.condition !== undefined && key.condition !== null) throw invalid('conditions are not supported')
  return { user: textIn(key, 'user'), relation: textIn(key, 'relation'), object: textIn(key, 'object') }
}

/** Contextual tuples; absent, there are none. */
export function contextualIn(body: JsonObject, most: number): readonly RelationTuple[] {
  const value = body.contextual_tuples
  // `list-users` takes the list itself, the others an object around it.
  return Array.isArray(value)
    ? listIn(body, 'contextual_tuples', most).map(tupleIn)
    : listIn(objectIn(body, 'contextual_tuples'), 'tuple_keys', most).map(tupleIn)
}
