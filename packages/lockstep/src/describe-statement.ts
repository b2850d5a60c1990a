import {
  CODES,
  type DescribedPolicy,
  type ErrorCode,
  type ScopedStatement,
  type StatementScope,
  type WrittenAs,
} from '@lockstep/core'
import type { StatementExplainer } from '@lockstep/mcp'

/** One policy that had a part in narrowing a relation. */
export interface NarrowingPolicy {
  readonly id: string
  /** Absent for one that is not in force any more. */
  readonly effect?: 'permit' | 'forbid'
  readonly file?: string
  readonly line?: number
}

/** What became of a statement. Of values that policies bind only the number is told: they may be somebody's. */
export type StatementExplanation = {
  readonly subject: StatementExplainer['subject']
  readonly actor: StatementExplainer['actor']
  readonly tool: string
  readonly policyVersion: string
} & (
  | {
      readonly ok: true
      readonly sql: string
      /** Present where it writes: what its answer means. */
      readonly write?: WrittenAs | undefined
      /** How many parameters are the statement's own, `$1` and on, and how many values the policies bind after them. */
      readonly parameters: { readonly own: number; readonly bound: number }
      readonly relations: readonly (Omit<StatementScope, 'policies'> & {
        readonly policies: readonly NarrowingPolicy[]
      })[]
    }
  | { readonly ok: false; readonly code: ErrorCode; readonly message: string; readonly hint: string }
)

/** A rewritten statement with everything that was added to it, and where the policies stand that say so. */
export function describeStatement(
  { text, parameters, scopes, write }: ScopedStatement,
  own: number,
  policies: readonly DescribedPolicy[],
) {
  const place = (id: string): NarrowingPolicy => {
    const found = policies.find((policy) => policy.id === id)
    return found ? { id, effect: found.effect, file: found.file, line: found.line } : { id }
  }
  return {
    ok: true,
    sql: text,
    ...(write && { write }),
    parameters: { own, bound: parameters.length - own },
    relations: scopes.map((scope) => ({ ...scope, policies: scope.policies.map(place) })),
  } as const
}

/** A refusal with its code, what it says and what mends it. */
export function describeRefusal({ code, detail }: { readonly code: ErrorCode; readonly detail: string | undefined }) {
  const { says, fix } = CODES[code]
  return { ok: false, code, message: detail ? `${says}: ${detail}` : says, hint: fix } as const
}
