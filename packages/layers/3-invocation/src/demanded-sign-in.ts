import type { Caller, Obligation } from '@lockstep/core'

/**
 * The acr that obligations `@step_up("acr")` demand and the sign-in does not have: the strongest of them, so that one new sign-in does.
 *
 * @param acrValues weakest first
 */
export function demandedSignIn(
  obligations: readonly Obligation[],
  { assurance }: Caller,
  acrValues: readonly string[],
): string | undefined {
  const lacking = obligations.flatMap(({ name, value }) =>
    name === 'step_up' && !assurance.satisfied.includes(value) ? [value] : [],
  )
  return lacking.sort((one, other) => acrValues.indexOf(other) - acrValues.indexOf(one))[0]
}
