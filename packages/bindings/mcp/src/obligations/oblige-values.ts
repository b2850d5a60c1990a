import { type AuthorizedCall, isJsonObject, type JsonValue, LockstepError } from '@lockstep/core'
import type { CarryOutOptions } from './carry-out.ts'
import { changingObligations } from './changing-obligations.ts'

/**
 * Carries obligations that change what leaves out on the values of a message. Rejects with `execution.obligation-failed` where one cannot be:
 * nothing of the message may leave then.
 */
export type ObligeValues = (call: AuthorizedCall, values: readonly JsonValue[]) => Promise<readonly JsonValue[]>

/**
 * Creates it. An obligation sees the values of a message as the structure of a result, `{ values: [...] }`, and has to make as many of them.
 * Watermarks, notices and ends of sessions belong to the result, which follows.
 */
export function createObligeValues(
  options: Pick<CarryOutOptions, 'own' | 'redact' | 'ms' | 'onFailure'>,
): ObligeValues {
  const changing = changingObligations(options)
  return async (call, given) => {
    if (call.obligations.length === 0 || given.length === 0) return given
    let values = given
    for (const { name, change } of changing) {
      try {
        const { structuredContent: made } = await change(call, { structuredContent: { values }, content: [] })
        const left = isJsonObject(made) ? made.values : undefined
        if (!Array.isArray(left) || left.length !== given.length) {
          throw new TypeError(`the obligation \`${name}\` did not keep the values`)
        }
        values = left
      } catch {
        options.onFailure(name)
        throw new LockstepError('execution.obligation-failed')
      }
    }
    return values
  }
}
