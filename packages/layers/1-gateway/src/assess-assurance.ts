import type { Assurance } from '@lockstep/core'
import type { AccessToken } from '@lockstep/tokens'

/** How strongly the subject signed in, in terms of the declared acr values (weakest first). An acr that is not declared counts for nothing. */
export function assessAssurance(token: AccessToken, acrValues: readonly string[]): Assurance {
  const { acr, authenticatedAt } = token
  const strength = acr === undefined ? -1 : acrValues.indexOf(acr)
  return Object.freeze({
    ...(acr !== undefined && strength >= 0 ? { acr } : {}),
    satisfied: Object.freeze(acrValues.slice(0, strength + 1)),
    ...(authenticatedAt === undefined ? {} : { authenticatedAt }),
  })
}
