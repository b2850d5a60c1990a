import type { Assurance } from '@lockstep/core'
import type { AccessToken } from '@lockstep/tokens'

/** How strongly the subject signed in, in terms of the declared acr values (weakest first). Of several the strongest counts; one that is not declared
 * counts for nothing. */
export function assessAssurance(
  token: Pick<AccessToken, 'acrValues' | 'authenticatedAt'>,
  acrValues: readonly string[],
): Assurance {
  const { authenticatedAt } = token
  const strength = Math.max(-1, ...token.acrValues.map((stated) => acrValues.indexOf(stated)))
  const acr = acrValues[strength]
  return Object.freeze({
    ...(acr === undefined ? {} : { acr }),
    satisfied: Object.freeze(acrValues.slice(0, strength + 1)),
    ...(authenticatedAt === undefined ? {} : { authenticatedAt }),
  })
}
