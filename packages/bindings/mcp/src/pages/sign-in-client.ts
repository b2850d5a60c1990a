import { type Clock, LockstepError, type SignInDemand } from '@lockstep/core'
import type * as OpenId from 'openid-client'
import type { ConfiguredPages } from '../configuration.ts'

/** What is kept in the browser while a person is away to sign in. */
export interface SignInBegun {
  readonly state: string
  readonly nonce: string
  readonly verifier: string
}

/** Who came back. */
export interface SignedIn {
  readonly subject: string
  /** How strongly, and when (seconds since the epoch), as the ID token says; absent where it does not. */
  readonly acr?: string
  readonly authenticatedAt?: number
}

/** Signs people in by OpenID Connect. */
export interface SignInClient {
  /** Where to send the browser, asking for a sign-in of this strength and age where one is demanded. Rejects with `gateway.keys-unavailable` when the issuer cannot be asked. */
  begin(demand?: SignInDemand): Promise<{ readonly url: string; readonly begun: SignInBegun }>
  /** Redeems what the browser came back with. Rejects when it is not the answer to what was begun, whatever is wrong. */
  finish(query: string, begun: SignInBegun): Promise<SignedIn>
}

/** How far ahead of ours an issuer's clock may run, in seconds. */
const CLOCK_SKEW = 10

/**
 * Creates the client: authorization code with PKCE, state and nonce; the ID token's signature is verified too. The issuer is asked for its metadata
 * when the first person comes, and again after it could not be asked.
 *
 * @throws LockstepError `configuration.invalid` where the package `openid-client` is not installed
 */
export async function createSignInClient(
  pages: ConfiguredPages,
  redirectUri: string,
  clock: Clock,
): Promise<SignInClient> {
  const openid = await import('openid-client').catch((cause: unknown) => {
    throw new LockstepError('configuration.invalid', '`pages`: install the package `openid-client`', { cause })
  })
  let discovered: Promise<OpenId.Configuration> | undefined
  const configured = (): Promise<OpenId.Configuration> => {
    discovered ??= discover(openid, pages).catch((cause: unknown) => {
      discovered = undefined
      throw new LockstepError('gateway.keys-unavailable', 'the issuer of `pages` cannot be asked', { cause })
    })
    return discovered
  }

  return {
    async begin({ acr, maxAge } = {}) {
      const configuration = await configured()
      const verifier = openid.randomPKCECodeVerifier()
      const begun = { state: openid.randomState(), nonce: openid.randomNonce(), verifier }
      const url = openid.buildAuthorizationUrl(configuration, {
        redirect_uri: redirectUri,
        scope: 'openid',
        code_challenge: await openid.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        state: begun.state,
        nonce: begun.nonce,
        ...(acr === undefined ? {} : { acr_values: acr }),
        ...(maxAge === undefined ? {} : { max_age: String(maxAge) }),
      })
      return { url: url.href, begun }
    },
    async finish(query, { state, nonce, verifier }) {
      const configuration = await configured()
      const tokens = await openid.authorizationCodeGrant(configuration, new URL(`${redirectUri}${query}`), {
        pkceCodeVerifier: verifier,
        expectedState: state,
        expectedNonce: nonce,
        idTokenExpected: true,
      })
      const claims = tokens.claims()
      if (!claims) throw new Error('there is no ID token')
      const { sub, acr, auth_time: at } = claims
      if (typeof sub !== 'string' || sub === '') throw new Error('the ID token names nobody')
      // What the issuer does not state properly it does not state.
      const time =
        typeof at === 'number' && at >= 0 && at <= clock() / 1_000 + CLOCK_SKEW ? { authenticatedAt: at } : {}
      return { subject: sub, ...(typeof acr === 'string' && acr !== '' ? { acr } : {}), ...time }
    },
  }
}

async function discover(
  openid: typeof OpenId,
  { issuer, clientId, clientSecret }: ConfiguredPages,
): Promise<OpenId.Configuration> {
  const server = new URL(issuer)
  // RFC 8414: TLS, but for an issuer on this very machine.
  const isLocal = server.protocol === 'http:' && ['127.0.0.1', '[::1]', 'localhost'].includes(server.hostname)
  const execute = isLocal ? [openid.allowInsecureRequests] : []
  const authentication = clientSecret === undefined ? openid.None() : openid.ClientSecretBasic(clientSecret)
  const configuration = await openid.discovery(server, clientId, clientSecret, authentication, { execute })
  // An issuer of another name would sign in other people.
  if (configuration.serverMetadata().issuer !== issuer) throw new Error('the metadata is that of another issuer')
  openid.enableNonRepudiationChecks(configuration)
  return configuration
}
