/** Declared factors beyond what a caller already has. */
export interface Factors {
  /** A new sign-in that reaches this acr. */
  readonly acr?: string
  /** Whether a second person's consent is needed. */
  readonly approval: boolean
}

/** What may be demanded of this call. */
export interface DeclaredFactors {
  /** The declared acr values, weakest first. */
  readonly acrValues: readonly string[]
  /** Those that the sign-in satisfies already. */
  readonly satisfied: readonly string[]
  /** Whether anybody could consent to this call. */
  readonly approvable: boolean
}

/**
 * Finds the smallest set of declared factors that flips a denial, by asking the same policy again with each: one factor before
 * two, the weaker acr before the stronger, an acr before an approval. So taking any factor out of the set denies again.
 *
 * @returns `undefined` when no set of them helps
 */
export function smallestStepUp(
  { acrValues, satisfied, approvable }: DeclaredFactors,
  permits: (factors: Factors) => boolean,
): Factors | undefined {
  const stronger = acrValues.filter((acr) => !satisfied.includes(acr))
  const alone = stronger.map((acr) => ({ acr, approval: false }))
  const approved = approvable ? [{ approval: true }, ...stronger.map((acr) => ({ acr, approval: true }))] : []
  return [...alone, ...approved].find(permits)
}

/** The acr values that a sign-in satisfies once it reaches `acr`. */
export function satisfiedBy({ acrValues, satisfied }: DeclaredFactors, acr: string | undefined): readonly string[] {
  if (acr === undefined) return satisfied
  const reached = acrValues.slice(0, acrValues.indexOf(acr) + 1)
  return [...reached, ...satisfied.filter((value) => !reached.includes(value))]
}
