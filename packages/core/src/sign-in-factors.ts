/** What a new sign-in must be (RFC 9470); at least one of the two. */
export interface SignInDemand {
  /** The acr that it reaches. */
  readonly acr?: string
  /** The oldest that would do, in seconds. */
  readonly maxAge?: number
}

/** What may be demanded of sign-ins. */
export interface DeclaredSignIns {
  /** The declared acr values, weakest first. */
  readonly acrValues: readonly string[]
  /** The declared ages in seconds, in any order. @defaultValue none */
  readonly maxAges?: readonly number[] | undefined
}

/** A sign-in as it is, or as it would be. */
export interface SignIn {
  /** The acr values that it satisfies. */
  readonly satisfied: readonly string[]
  /** Seconds since then; `undefined` when nobody knows. */
  readonly age: number | undefined
}

/** A demand, and the sign-in that meets it. */
export interface DemandedSignIn {
  readonly demand: SignInDemand
  readonly signIn: SignIn
}

/**
 * Everything that a new sign-in can add to the one there is, least first: one factor before both, the weaker acr before the stronger, the
 * longer age before the shorter.
 */
export function strongerSignIns(
  { acrValues, maxAges = [] }: DeclaredSignIns,
  { satisfied, age }: SignIn,
): readonly DemandedSignIn[] {
  const reached = (acr: string) => {
    const below = acrValues.slice(0, acrValues.indexOf(acr) + 1)
    return [...below, ...satisfied.filter((value) => !below.includes(value))]
  }
  const stronger = acrValues.filter((acr) => !satisfied.includes(acr))
  const fresher = [...maxAges].sort((a, b) => b - a).filter((maxAge) => age === undefined || maxAge < age)
  return [
    ...stronger.map((acr) => ({ demand: { acr }, signIn: { satisfied: reached(acr), age } })),
    ...fresher.map((maxAge) => ({ demand: { maxAge }, signIn: { satisfied, age: maxAge } })),
    ...stronger.flatMap((acr) =>
      fresher.map((maxAge) => ({ demand: { acr, maxAge }, signIn: { satisfied: reached(acr), age: maxAge } })),
    ),
  ]
}

/**
 * The demand as it is told. A sign-in that is only to be fresher must not become weaker by it, or the next demand would be the acr that was
 * there before: the weakest acr that still permits, of those that are satisfied, is named beside the age.
 */
export function keepAcr(
  acrValues: readonly string[],
  { demand, signIn }: DemandedSignIn,
  permits: (signIn: SignIn) => boolean,
): SignInDemand {
  if (demand.acr !== undefined || permits({ ...signIn, satisfied: [] })) return demand
  const held = acrValues.filter((acr) => signIn.satisfied.includes(acr))
  const acr = held.find((_, index) => permits({ ...signIn, satisfied: held.slice(0, index + 1) }))
  return acr === undefined ? demand : { acr, ...demand }
}
