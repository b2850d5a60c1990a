import {
  digest,
  hasReservedMember,
  isJsonObject,
  type JsonObject,
  JsonRejection,
  type Outcome,
  type ToolCall,
} from '@lockstep/core'

/** The arguments of a call as they came over the wire, and what they are bound by. */
export interface WireArguments extends Pick<ToolCall, 'argumentsDigest'> {
  readonly wire: JsonObject
}

/**
 * Reads `params.arguments`: an object with one canonical form, empty when nothing was sent. Denials: `invocation.arguments-invalid` for what
 * is no object, which a server might read as something else than none; `invocation.arguments-unsafe` for members that mean something to
 * JavaScript or to the policy engine, and for numbers and texts without one canonical form.
 */
export function readArguments({ arguments: given = {} }: JsonObject): Outcome<WireArguments> {
  // attacker-controlled: `given`.
  if (!isJsonObject(given)) {
    return { ok: false, denial: { code: 'invocation.arguments-invalid', detail: '`arguments` is no object' } }
  }
  if (hasReservedMember(given)) return UNSAFE
  try {
    return { ok: true, value: { wire: given, argumentsDigest: digest(given) } }
  } catch (error) {
    if (error instanceof JsonRejection) return UNSAFE
    throw error
  }
}

const UNSAFE = { ok: false, denial: { code: 'invocation.arguments-unsafe' } } as const
