/** How strongly a person signed in: the `acr` values of this example, the weaker first. */
export const ACR_LEVELS = ['urn:expense:acr:pwd', 'urn:expense:acr:mfa'] as const

/** A password, and nothing else. */
export const ACR_PASSWORD = ACR_LEVELS[0]

/** A password and a one-time code. */
export const ACR_MFA = ACR_LEVELS[1]

/** An `acr` value of this example. */
export type AssuranceLevel = (typeof ACR_LEVELS)[number]

/** Whether a sign-in that reached one level also satisfies another: a stronger level satisfies the weaker ones. */
export function satisfies(reached: string | undefined, demanded: AssuranceLevel): boolean {
  return levelOf(reached) >= levelOf(demanded)
}

/**
 * The level that a request demands by `acr_values` (OpenID Connect Core 3.1.2.1; RFC 9470 section 5): the first that this server
 * knows, a password when none is asked for, and `undefined` when it knows none of those asked for.
 */
export function demandedLevel(acrValues: string | undefined): AssuranceLevel | undefined {
  if (acrValues === undefined) return ACR_PASSWORD
  // attacker-controlled: acr_values is a parameter of the request.
  const asked = acrValues.split(' ')
  for (const value of asked) {
    const known = ACR_LEVELS.find((level) => level === value)
    if (known) return known
  }
  return undefined
}

function levelOf(acr: string | undefined): number {
  const levels: readonly (string | undefined)[] = ACR_LEVELS
  return levels.indexOf(acr)
}
