import { JsonRejection, type JsonValue, parseJson } from '@lockstep/core'

/** Bounds on JSON in a text. */
const TEXT_LIMITS = { maxBytes: 32 * 1024 * 1024, maxDepth: 64, maxMembers: 4_000_000 }

/** The value of a text that is JSON from end to end; what is almost JSON is none. */
export function parseText(text: string): JsonValue | undefined {
  try {
    return parseJson(Buffer.from(text), TEXT_LIMITS)
  } catch (error) {
    if (error instanceof JsonRejection) return undefined
    throw error
  }
}
