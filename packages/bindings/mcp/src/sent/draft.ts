import type { JsonObject, JsonValue } from '@lockstep/core'
import type { ResultPlan } from '@lockstep/execution/egress'

/** A message of a server, taken apart: the texts and values that leave by binding only, and how the message is made of those that left. */
export interface Draft {
  readonly values: readonly JsonValue[]
  readonly plan: ResultPlan | undefined
  /** Labels of what is in it beside the values. */
  readonly labels?: ReadonlySet<string>
  /** The params of the message; undefined where too little is left. */
  build(left: readonly (JsonValue | undefined)[]): JsonObject | undefined
}

/** Stands for a value of a message: answers what leaves of it. */
export type Put = (value: JsonValue) => JsonValue | undefined

/**
 * Drafts a message by reading it twice: once to learn its values, once with what left of them. `read` puts the same values in the same order each time,
 * whatever is answered, as long as it goes on; undefined from the first reading is no message.
 */
export function draftOf(plan: ResultPlan | undefined, read: (put: Put) => JsonObject | undefined): Draft | undefined {
  const values: JsonValue[] = []
  const form = read((value) => {
    values.push(value)
    return value
  })
  if (!form) return undefined
  return {
    values,
    plan,
    build(left) {
      let at = 0
      return read(() => {
        at += 1
        return left[at - 1]
      })
    },
  }
}
