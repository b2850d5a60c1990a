import type { Expr } from './residual/residual.ts'

/** A policy as it applies to one action, one type of principal and one type of resource, before any question is asked. */
export interface PolicyCondition {
  readonly id: string
  readonly effect: 'permit' | 'forbid'
  readonly file: string
  /** The line of its first token, counted from 1. */
  readonly line: number
  readonly principal: string
  readonly resource: string
  /** Over the unknowns `resource`, `principal` and `context`. */
  readonly when: Expr
  /** The names of its obligations. Absent where it has none. */
  readonly obligations?: readonly string[]
}

/**
 * What must be possible with every policy that is in force. Called with the conditions of one action; throws what is wrong with
 * one of them.
 */
export type AdmitPolicies = (conditions: readonly PolicyCondition[]) => void
