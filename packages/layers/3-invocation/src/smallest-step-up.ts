import { type DeclaredSignIns, type DemandedSignIn, type SignIn, strongerSignIns } from '@lockstep/core'

/** Declared factors beyond what a caller already has. */
export interface Factors {
  /** A new sign-in: its acr, its age, or both; absent when the one there is will do. */
  readonly signIn?: DemandedSignIn
  /** Whether a second person's consent is needed. */
  readonly approval: boolean
}

/** What may be demanded of this call. */
export interface DeclaredFactors extends DeclaredSignIns {
  /** The sign-in that there is. */
  readonly own: SignIn
  /** Whether anybody could consent to this call. */
  readonly approvable: boolean
}

/**
 * Finds the smallest set of declared factors that flips a denial, by asking the same policy again with each: one factor before two and two
 * before three, a sign-in before an approval, the weaker acr before the stronger, the longer age before the shorter. So taking any factor
 * out of the set denies again.
 *
 * @returns `undefined` when no set of them helps
 */
export function smallestStepUp(declared: DeclaredFactors, permits: (factors: Factors) => boolean): Factors | undefined {
  const signIns = strongerSignIns(declared, declared.own)
  const alone = signIns.map((signIn) => ({ signIn, approval: false }))
  const approved = declared.approvable
    ? [{ approval: true }, ...signIns.map((signIn) => ({ signIn, approval: true }))]
    : []
  return [...alone, ...approved].sort((a, b) => sizeOf(a) - sizeOf(b)).find(permits)
}

function sizeOf({ signIn, approval }: Factors): number {
  return Object.keys(signIn?.demand ?? {}).length + (approval ? 1 : 0)
}
