import { type AuthorizedCall, isJsonObject, type JsonObject } from '@lockstep/core'
import { plainJson } from '@lockstep/execution/egress'
import type { CarryOutOptions } from './carry-out.ts'
import { withinTime } from './within-time.ts'

/** An obligation that changes what leaves. */
export interface ChangingObligation {
  readonly name: string
  /** The result as it may leave; as it was where the call is not so obliged. Rejects where it cannot be carried out. */
  change(call: AuthorizedCall, result: JsonObject): Promise<JsonObject>
}

/** Values that what an obligation made may have. */
const MOST_VALUES = 4_000_000

/** The obligations that change what leaves, in their order: one's own by name, then `@redact_text`, which searches what they add as well. */
export function changingObligations({
  own = {},
  redact,
  ms,
}: Pick<CarryOutOptions, 'own' | 'redact' | 'ms'>): readonly ChangingObligation[] {
  const named = Object.keys(own)
    .sort()
    .map((name) => [name, own[name]] as const)
  return [...named, ...(redact ? [['redact_text', redact] as const] : [])].map(([name, obligation]) => ({
    name,
    async change(call, result) {
      const values = valuesOf(call, name)
      if (values.length === 0) return result
      const changed = await withinTime(ms, (signal) => obligation?.apply(result, { call, values, signal }))
      const plain = isJsonObject(changed) ? plainJson(changed, { values: MOST_VALUES }) : undefined
      if (!isJsonObject(plain)) throw new TypeError(`the obligation \`${name}\` made no object of JSON`)
      return plain
    },
  }))
}

function valuesOf({ obligations }: AuthorizedCall, name: string): readonly string[] {
  return [...new Set(obligations.flatMap((one) => (one.name === name ? [one.value] : [])))].sort()
}
