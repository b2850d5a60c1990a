import type { RequestListener } from 'node:http'
import { type Configuration, interactionPolicy, type Provider } from 'oidc-provider'

/** How strongly people sign in to a provider. */
export interface Strength {
  /** The acr values, weakest first. Whoever signs in is as strong as they were asked to be. */
  readonly acrValues: readonly [string, ...string[]]
  /** Whether it lets everybody in as they are, whatever was demanded. @defaultValue false */
  readonly ignoresDemands?: boolean
  /** How many seconds ago whoever signs in now did so, as tokens tell. @defaultValue none */
  readonly age?: () => number
}

/** The part of a configuration that asks for a sign-in again where the one there is is too weak (RFC 9470 section 5). */
export function askForStrength({ acrValues }: Strength): Configuration {
  const policy = interactionPolicy.base()
  policy.get('login')?.checks.add(
    new interactionPolicy.Check('acr_values', 'a stronger sign-in is required', ({ oidc }) => {
      return (
        acrValues.indexOf(oidc.session?.acr ?? '') < acrValues.indexOf(wantedOf(oidc.params?.acr_values, acrValues))
      )
    }),
  )
  return { acrValues: [...acrValues], interactions: { policy } }
}

/** The part of a configuration whose access tokens tell how somebody signed in. */
export const tellSignIn: Configuration = {
  extraTokenClaims: ({ oidc }) => {
    const from = oidc.entities.AuthorizationCode ?? oidc.entities.RefreshToken
    return from && { acr: from.acr, auth_time: from.authTime }
  },
}

/** Lets the provider's own sign-in page reach the strength that was asked for. */
export function signInByStrength(provider: Provider, { acrValues, age = () => 0 }: Strength): void {
  const finish = provider.interactionFinished.bind(provider)
  provider.interactionFinished = async (request, response, result, options) => {
    const { params } = await provider.interactionDetails(request, response)
    const { login } = result
    const acr = wantedOf(params.acr_values, acrValues)
    return finish(
      request,
      response,
      login ? { ...result, login: { ...login, acr, ts: Math.floor(Date.now() / 1000) - age() } } : result,
      options,
    )
  }
}

/** A provider that does not hear what strength or age of a sign-in is demanded. */
export function withoutDemands(listener: RequestListener): RequestListener {
  return (request, response) => {
    const url = new URL(request.url ?? '', 'http://127.0.0.1')
    for (const name of ['acr_values', 'max_age']) url.searchParams.delete(name)
    request.url = `${url.pathname}${url.search}`
    listener(request, response)
  }
}

function wantedOf(asked: unknown, acrValues: Strength['acrValues']): string {
  const [weakest] = acrValues
  return (
    String(asked ?? '')
      .split(' ')
      .find((acr) => acrValues.includes(acr)) ?? weakest
  )
}
