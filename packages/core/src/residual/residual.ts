import type { Value } from '../entity.ts'

/**
 * An expression over what is still unknown. The node set is Cedar's, in a form that is easy to walk: known parts are folded
 * to values, and `unknown` names what was left open (`resource`, `context.field`, `context.arguments`, ...).
 */
export type Expr =
  | { readonly op: 'value'; readonly value: Value }
  | { readonly op: 'unknown'; readonly name: string }
  | { readonly op: 'get'; readonly of: Expr; readonly attribute: string }
  | { readonly op: 'has'; readonly of: Expr; readonly attribute: string }
  | { readonly op: 'and' | 'or'; readonly left: Expr; readonly right: Expr }
  | { readonly op: 'not'; readonly of: Expr }
  | { readonly op: 'if'; readonly test: Expr; readonly then: Expr; readonly else: Expr }
  | {
      readonly op:
        | 'equal'
        | 'less'
        | 'lessOrEqual'
        | 'in'
        | 'contains'
        | 'containsAll'
        | 'containsAny'
        | 'add'
        | 'subtract'
        | 'multiply'
        | 'hasTag'
        | 'getTag'
      readonly left: Expr
      readonly right: Expr
    }
  | { readonly op: 'is'; readonly of: Expr; readonly type: string }
  | { readonly op: 'like'; readonly of: Expr; readonly pattern: readonly PatternPart[] }
  | { readonly op: 'negate'; readonly of: Expr }
  /** An extension function (`decimal`, `isInRange`, `offset`, ...): a constructor, or a method with its receiver first. */
  | { readonly op: 'call'; readonly name: string; readonly args: readonly Expr[] }
  | { readonly op: 'set'; readonly items: readonly Expr[] }
  | { readonly op: 'record'; readonly fields: Readonly<Record<string, Expr>> }

/** A part of a `like` pattern: literal text, or `null` for the wildcard. */
export type PatternPart = string | null

/** One policy's condition, with what is known folded away. */
export interface PolicyResidual {
  readonly policyId: string
  readonly effect: 'permit' | 'forbid'
  readonly when: Expr
}

/**
 * What a policy still asks once everything known is folded in: permitted where a permit holds and no forbid does. Policies
 * that can no longer apply are absent; no permit left means denied whatever the unknowns turn out to be.
 */
export interface Residual {
  readonly policies: readonly PolicyResidual[]
  readonly policyVersion: string
}
