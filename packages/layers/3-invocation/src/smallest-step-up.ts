import {
  type ApprovalNeed,
  type DeclaredSignIns,
  type DemandedSignIn,
  type SignIn,
  strongerSignIns,
} from '@lockstep/core'
import { sizeOf } from './possible-needs.ts'

/** Declared factors beyond what a caller already has. */
export interface Factors {
  /** A new sign-in: its acr, its age, or both; absent when the one there is will do. */
  readonly signIn?: DemandedSignIn
  /** How many other people must consent, by relation; empty when none. */
  readonly needed: readonly ApprovalNeed[]
}

/** What may be demanded of this call. */
export interface DeclaredFactors extends DeclaredSignIns {
  /** The sign-in that there is. */
  readonly own: SignIn
  /** Who could be made to consent to this call, the fewest people first; empty when nobody can. */
  readonly approvals: readonly (readonly ApprovalNeed[])[]
}

/**
 * Finds the smallest set of declared factors that flips a denial, by asking the same policy again with each. The acr, the age and every person
 * count one: fewer before more, a sign-in before another person, the weaker acr before the stronger, the longer age before the shorter. So taking any
 * factor out of the set denies again.
 *
 * @returns `undefined` when no set of them helps
 */
export function smallestStepUp(declared: DeclaredFactors, permits: (factors: Factors) => boolean): Factors | undefined {
  const signIns = strongerSignIns(declared, declared.own)
  const sets = [[], ...declared.approvals].flatMap((needed): readonly Factors[] => [
    ...signIns.map((signIn) => ({ signIn, needed })),
    ...(needed.length > 0 ? [{ needed }] : []),
  ])
  // The sort is stable: of as many, those with fewer people come first.
  return sets.sort((a, b) => countOf(a) - countOf(b)).find(permits)
}

function countOf({ signIn, needed }: Factors): number {
  return Object.keys(signIn?.demand ?? {}).length + sizeOf(needed)
}
